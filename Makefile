# The README's two commands. Each does all set-up itself; a second call does no needless work.
PRESET ?= release
BUILD := build/$(PRESET)

.PHONY: build demo test clean
build:
	@cmake/setup.sh
	@test -f $(BUILD)/build.ninja || cmake --preset $(PRESET) >$(BUILD).log 2>&1 || { tail -n 30 $(BUILD).log >&2; exit 3; }
	@cmake --build $(BUILD) --target sluice

demo: build
	@examples/hello/demo.sh $(BUILD)/src/cli/sluice

test:
	@cmake/setup.sh tests
	@test -f $(BUILD)/build.ninja || cmake --preset $(PRESET) >$(BUILD).log 2>&1 || { tail -n 30 $(BUILD).log >&2; exit 3; }
	@cmake --build $(BUILD)
	@ctest --test-dir $(BUILD) --output-on-failure -j 2

clean:
	rm -rf build
