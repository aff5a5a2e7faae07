// What people answer when they apply, by the name of the control.
import { dated } from "./steps.mjs";

export const restaurant = {
  name: "restaurant", commit: "yes", files: { photos: "png" },
  answers: {
    area: "120", location: "mall", all_certified: "no", new_sign: "yes",
    business: ["hot", "drinks"], banned: "no", online: "no", handlers: "4",
    place_kind: "restaurant", floor: "1", exits: "2", built: "accepted", people: "60", equipment: ["extinguisher", "light"], automatic: "no",
    "staff.0.name": "黄磊", "staff.0.number": "511699199208080019", "staff.0.phone": "13800138001", "staff.0.job": "cook",
    clinic: "cdc", ...dated("days-from", 9), ...dated("days-to", 13),
    "point-lat": "30.4560", "point-lng": "106.6330",
    sign_words: "味乡小馆", position: "door", lit: "yes", length: "4.5", height: "1.2", own_building: "no",
  },
};

export const disability = {
  name: "disability",
  answers: {
    by: "self", kinds: ["physical"], home_visit: "no", hospital: "district", delivery: "electronic", mental_hospital: "mental_district",
  },
};

export const shopSign = {
  name: "shop-sign", files: { drawing: "png", front_photo: "png" },
  answers: {
    address: "四川省广安市广安区清和街 1 号", phone: "13900138000", "point-lat": "30.4560", "point-lng": "106.6330",
    sign_words: "唐记", position: "side", lit: "no", length: "1", height: "0.5", own_building: "yes",
  },
};
