.PHONY: run soak demo-soak stress test differential bench lint

# Builds the platform and runs it on its embedded default: a simulated venue and bots trading it.
run:
	@scripts/setup build
	cargo build --release --locked --bin gauntlet --bin ctl
	@exec target/release/gauntlet demo $(ARGS)

# A million orders over TCP between a node and an exchange that lose their lives, connections and power by a seed; both
# sides' books must agree all the while. ORDERS and SEED choose others; TMPDIR is where both live meanwhile.
ORDERS ?= 1000000
SEED ?= 1
soak:
	@scripts/setup build
	cargo build --release --locked -p gauntlet -p gauntlet-tests --bin gauntlet --bin soak
	@exec target/release/soak target/release/gauntlet $(ORDERS) $(SEED)

# A quarter of market time through the whole demo, with counters at its end; fails on a bound that is broken.
demo-soak:
	@scripts/setup build
	cargo build --release --locked --bin gauntlet
	@exec target/release/gauntlet soak $(ARGS)

# Tries the platform at twice the highest load that its journals saw in six months; fails when anything is lost.
stress:
	@scripts/setup build
	cargo build --release --locked --bin gauntlet
	@exec target/release/gauntlet stress $(ARGS)

# Runs every test; what they need is installed or started by itself. Tells what could not run.
test:
	@scripts/setup test
	@scripts/tests

# Our FIX session beside the C++ engine QuickFIX in both roles, by random schedules from a printed seed. Compiles the
# engine the first time, which takes minutes. DIFFERENTIAL_SEED and DIFFERENTIAL_SCHEDULES choose others.
differential:
	@scripts/setup differential
	cargo test --manifest-path differential/Cargo.toml --features quickfix -- --nocapture --test-threads 1

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

# Prints the figures of benches/RESULTS.md for this machine.
bench:
	@scripts/setup build
	cargo bench --locked -p gauntlet-benches
