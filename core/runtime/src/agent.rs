//! Agents, and the threads that run them.

use super::idle::{Idle, WaitStrategy};
use super::layout;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// Why an agent cannot go on.
pub type AgentError = Box<dyn Error + Send + Sync>;

/// A piece of work that is done bit by bit, by calling [`Agent::do_work`] in a loop.
pub trait Agent: Send {
    /// Does what there is to do and returns how much that was; 0 lets the thread idle. Never
    /// blocks.
    ///
    /// # Errors
    /// What stops the agent for good.
    fn do_work(&mut self) -> Result<usize, AgentError>;

    /// Called once after the last [`Agent::do_work`], with the thread about to end.
    ///
    /// # Errors
    /// What could not be finished.
    fn on_close(&mut self) -> Result<(), AgentError> {
        Ok(())
    }
}

/// How a thread is to be run.
#[derive(Clone, Debug)]
pub struct ThreadPlan {
    /// The thread's name; the system shows its first 15 bytes.
    pub name: String,
    /// What it does when idle.
    pub wait: WaitStrategy,
    /// The core it is pinned to.
    pub pin: Option<usize>,
}

/// A running agent.
#[derive(Debug)]
pub struct AgentThread<A> {
    handle: JoinHandle<(A, Result<(), AgentError>)>,
}

/// Runs an agent on a thread of its own until `stop` is set or it fails. On failure `stop` is set,
/// so that the threads around it end too.
///
/// # Errors
/// When the system gives no thread.
pub fn spawn<A: Agent + 'static>(
    mut agent: A,
    plan: ThreadPlan,
    stop: Arc<AtomicBool>,
) -> io::Result<AgentThread<A>> {
    let handle = std::thread::Builder::new().name(plan.name.clone()).spawn(move || {
        if let Some(core) = plan.pin {
            // The layout was checked, so a refusal comes from outside and costs speed only.
            let _pinned = layout::pin_to(core);
        }
        let guard = StopOnPanic(&stop);
        let ran = run(&mut agent, plan.wait, &stop);
        let closed = agent.on_close();
        std::mem::forget(guard);
        if ran.is_err() || closed.is_err() {
            stop.store(true, Ordering::Release);
        }
        (agent, ran.and(closed))
    })?;
    Ok(AgentThread { handle })
}

fn run(agent: &mut impl Agent, wait: WaitStrategy, stop: &AtomicBool) -> Result<(), AgentError> {
    let mut idle = Idle::new(wait);
    while !stop.load(Ordering::Acquire) {
        idle.idle(agent.do_work()?);
    }
    Ok(())
}

/// A panic in one thread must end the others: half a platform must not go on trading.
struct StopOnPanic<'a>(&'a AtomicBool);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl<A> AgentThread<A> {
    /// Whether the thread has ended.
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }

    /// Waits for the end and gives the agent back.
    ///
    /// # Errors
    /// What stopped the agent, or that it panicked.
    pub fn join(self) -> Result<A, AgentError> {
        match self.handle.join() {
            Ok((agent, Ok(()))) => Ok(agent),
            Ok((_, Err(error))) => Err(error),
            Err(panic) => {
                let text = panic
                    .downcast_ref::<String>()
                    .map(String::as_str)
                    .or_else(|| panic.downcast_ref::<&str>().copied())
                    .unwrap_or("no message");
                Err(format!("a thread panicked: {text}").into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Countdown(u32);
    impl Agent for Countdown {
        fn do_work(&mut self) -> Result<usize, AgentError> {
            self.0 = self.0.checked_sub(1).ok_or("done")?;
            Ok(1)
        }
    }

    fn plan() -> ThreadPlan {
        ThreadPlan { name: "test".into(), wait: WaitStrategy::Yield, pin: None }
    }

    #[test]
    fn a_failing_agent_stops_the_threads_around_it() {
        let stop = Arc::new(AtomicBool::new(false));
        let thread = spawn(Countdown(10), plan(), Arc::clone(&stop)).expect("a thread");
        assert_eq!(thread.join().err().map(|e| e.to_string()), Some("done".into()));
        assert!(stop.load(Ordering::Acquire));
    }

    #[test]
    fn a_panicking_agent_stops_the_threads_around_it() {
        struct Panics;
        impl Agent for Panics {
            fn do_work(&mut self) -> Result<usize, AgentError> {
                panic!("broken");
            }
        }
        let stop = Arc::new(AtomicBool::new(false));
        let thread = spawn(Panics, plan(), Arc::clone(&stop)).expect("a thread");
        let error = thread.join().err().map(|e| e.to_string()).expect("an error");
        assert!(error.contains("broken"), "{error}");
        assert!(stop.load(Ordering::Acquire));
    }
}
