//! What the benchmarks of a whole node have in common: the names by which the node and both its venues know each
//! other, and its configuration but for contracts and bots.

/// The key of the market data gateway.
pub const KEY: &str = "db-GAUNTLETBENCHMARK000000000000";
/// Its dataset.
pub const DATASET: &str = "GLBX.MDP3";
/// The broker's `SenderCompID`.
pub const VENUE: &str = "VENUE";
/// The node's.
pub const CLIENT: &str = "BENCH";

/// A spinning node on one core, by the market's clock, with the gateway and the broker at these addresses and an
/// account `BENCH` that may hold so many contracts. The broker is asked for neither lists nor cash: it has none.
pub fn configuration([data, broker]: &[String; 2], core: usize, max_position: u32) -> String {
    format!(
        "[node]\nlayout = \"shared\"\nwait = \"spin\"\npin = [{core}]\nclock = \"data\"\n\
         [feed]\naddress = \"{data}\"\ndataset = \"{DATASET}\"\nkey = \"{KEY}\"\nschema = \"mbp-1\"\n\
         history_hours = 0\n\
         [broker]\naddress = \"{broker}\"\nsender_comp_id = \"{CLIENT}\"\n\
         target_comp_id = \"{VENUE}\"\nreconcile = \"off\"\n\
         [[account]]\nname = \"BENCH\"\nmax_position = {max_position}\nmessages_per_second = 1000\n\
         cancel_headroom = 100\ncash = \"off\"\n"
    )
}
