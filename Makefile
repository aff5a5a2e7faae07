# The front end is built once into the binary; Go alone builds the rest.
.PHONY: assets
ASSET_SOURCES := $(shell find web/src -type f 2>/dev/null) web/build.mjs web/package-lock.json

## assets: build styles, scripts and icons into internal/kit/web/dist, and fetch the fonts of the PDF files
assets: internal/kit/web/dist/manifest.json internal/kit/pdf/font/NotoSansSC_400Regular.ttf

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

internal/kit/web/dist/manifest.json internal/kit/pdf/font/NotoSansSC_400Regular.ttf &: web/node_modules/.package-lock.json $(ASSET_SOURCES)
	cd web && npm run --silent build
