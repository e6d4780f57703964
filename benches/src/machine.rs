//! What a benchmark ran on.

use gauntlet_runtime::layout::allowed_cores;
use serde::Serialize;
use std::fs;

/// The machine, the compiler, and how busy the machine was before anything was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// Whether a hypervisor is below.
    pub virtual_machine: bool,
    /// The kernel's release.
    pub kernel: String,
    /// The compiler.
    pub rustc: &'static str,
    /// The profile: figures of any other than `release` mean nothing.
    pub profile: &'static str,
    /// The load of the last minute when the benchmark began: above 0.2 or so, others were at work.
    pub load_before: f64,
}

impl Machine {
    /// This one.
    pub fn here() -> Machine {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpu = read("/proc/cpuinfo");
        let field = |name: &str| {
            let line = cpu.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split(':').nth(1)).map(|text| text.trim().to_owned())
        };
        let load = read("/proc/loadavg");
        Machine {
            processor: field("model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: allowed_cores().len(),
            virtual_machine: field("flags").is_some_and(|flags| flags.contains("hypervisor")),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            rustc: env!("GAUNTLET_RUSTC"),
            profile: if cfg!(debug_assertions) { "debug" } else { "release" },
            load_before: load.split(' ').next().and_then(|l| l.parse().ok()).unwrap_or(0.0),
        }
    }

    /// Two cores of different numbers for two spinning threads.
    ///
    /// # Errors
    /// What to do when there are not two.
    pub fn two_cores() -> Result<[usize; 2], String> {
        match allowed_cores()[..] {
            [first, second, ..] => Ok([first, second]),
            _ => Err("two threads spin here: this needs two cores".to_owned()),
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.virtual_machine { "virtual machine" } else { "machine" };
        write!(
            f,
            "{}, {kind} with {} cores, Linux {}, {}, profile {}, load before {:.2}",
            self.processor, self.cores, self.kernel, self.rustc, self.profile, self.load_before
        )
    }
}
