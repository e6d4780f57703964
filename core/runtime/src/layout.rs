//! Which stage runs on which thread, and which thread on which core.

use super::idle::WaitStrategy;
use thiserror::Error;

/// How the stages are spread over threads. A node that is called by hand has no threads and no layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// Feed, chain and gateway on one thread, the journal's disk work on another.
    Shared,
    /// Ingest, fusion, risk, and order manager with gateway each on a thread of its own.
    Dedicated,
}

impl Layout {
    /// The layout's name, as in configuration.
    pub fn name(self) -> &'static str {
        match self {
            Layout::Shared => "shared",
            Layout::Dedicated => "dedicated",
        }
    }

    /// The layout that suits a machine: `dedicated` needs a core for each of its four threads and
    /// some to spare, below six it is slower than `shared`.
    pub fn for_cores(cores: usize) -> Layout {
        if cores >= 6 { Layout::Dedicated } else { Layout::Shared }
    }

    /// Threads of this layout that run the stages: those that spin under [`WaitStrategy::Spin`].
    pub fn hot_threads(self) -> usize {
        match self {
            Layout::Shared => 1,
            Layout::Dedicated => 4,
        }
    }
}

/// A layout that would harm itself.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum LayoutError {
    /// As many spinning threads as cores, or more: they would take each other's time slices, and a
    /// hop that should take 60 ns takes milliseconds.
    #[error(
        "{threads} threads would spin on {cores} cores, which starves everything else: \
         use wait = \"park\" or \"yield\", or layout = \"shared\", or more cores"
    )]
    TooManySpinners {
        /// Threads that would spin.
        threads: usize,
        /// Cores that the process may use.
        cores: usize,
    },
    /// A core that the process may not use.
    #[error("core {core} is not among the cores this process may use ({allowed:?}): change pin")]
    NoSuchCore {
        /// The core asked for.
        core: usize,
        /// The cores there are.
        allowed: Vec<usize>,
    },
    /// A pin for a thread that the layout does not have.
    #[error("pin names {pins} cores but layout \"{layout}\" has {threads} hot threads")]
    TooManyPins {
        /// Cores named.
        pins: usize,
        /// The layout's name.
        layout: &'static str,
        /// Its hot threads.
        threads: usize,
    },
}

/// Checks that a layout can run well on this machine before any thread is started.
///
/// # Errors
/// The [`LayoutError`] that applies.
pub fn check(
    layout: Layout,
    wait: WaitStrategy,
    pins: &[usize],
    allowed: &[usize],
) -> Result<(), LayoutError> {
    let threads = layout.hot_threads();
    if wait == WaitStrategy::Spin && threads >= allowed.len() {
        return Err(LayoutError::TooManySpinners { threads, cores: allowed.len() });
    }
    if pins.len() > threads {
        return Err(LayoutError::TooManyPins { pins: pins.len(), layout: layout.name(), threads });
    }
    match pins.iter().find(|core| !allowed.contains(core)) {
        Some(core) => Err(LayoutError::NoSuchCore { core: *core, allowed: allowed.to_vec() }),
        None => Ok(()),
    }
}

/// The cores that this process may use. One unnamed core if the system does not tell.
pub fn allowed_cores() -> Vec<usize> {
    match core_affinity::get_core_ids() {
        Some(cores) if !cores.is_empty() => cores.into_iter().map(|core| core.id).collect(),
        _ => vec![0],
    }
}

/// Pins the calling thread to a core; tells whether the system did it.
pub fn pin_to(core: usize) -> bool {
    core_affinity::set_for_current(core_affinity::CoreId { id: core })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_spinners_as_cores_are_refused() {
        let spin = |layout, cores: &[usize]| check(layout, WaitStrategy::Spin, &[], cores);
        assert_eq!(spin(Layout::Shared, &[0, 1]), Ok(()));
        assert_eq!(
            spin(Layout::Shared, &[0]),
            Err(LayoutError::TooManySpinners { threads: 1, cores: 1 })
        );
        assert_eq!(
            spin(Layout::Dedicated, &[0, 1, 2, 3]),
            Err(LayoutError::TooManySpinners { threads: 4, cores: 4 })
        );
        assert_eq!(spin(Layout::Dedicated, &[0, 1, 2, 3, 4]), Ok(()));
        assert_eq!(check(Layout::Dedicated, WaitStrategy::Park, &[], &[0]), Ok(()));
    }

    #[test]
    fn a_pin_must_name_a_core_that_exists_and_a_thread_that_exists() {
        let check = |pins: &[usize]| check(Layout::Shared, WaitStrategy::Park, pins, &[0, 1]);
        assert_eq!(check(&[1]), Ok(()));
        assert!(matches!(check(&[7]), Err(LayoutError::NoSuchCore { core: 7, .. })));
        assert!(matches!(check(&[0, 1]), Err(LayoutError::TooManyPins { pins: 2, .. })));
    }

    #[test]
    fn few_cores_share_and_many_do_not() {
        assert_eq!(Layout::for_cores(2), Layout::Shared);
        assert_eq!(Layout::for_cores(4), Layout::Shared);
        assert_eq!(Layout::for_cores(6), Layout::Dedicated);
    }
}
