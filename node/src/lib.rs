//! The Gauntlet node: reads configuration, places threads, wires everything.
