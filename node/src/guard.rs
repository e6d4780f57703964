//! What a panic in a thread comes to: the end of the node, at once and with a reason.
//!
//! A panic is a broken invariant: what the thread knows cannot be trusted any more, and neither can
//! what the others make of it. So the failure is noted before the thread ends. From then on nothing
//! is sequenced, journaled or sent by any thread, all of them end, and the process with them, with an
//! exit code of its own. Working orders are not cancelled: that would be an order by a program that
//! does not know what it holds. The next start asks the broker about them.

use crate::state::{Failure, NodeState};
use gauntlet_runtime::agent::{Agent, AgentError};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// An agent whose panic ends the node.
pub struct Guarded<A> {
    agent: A,
    thread: String,
    state: Arc<NodeState>,
    /// Whether it has panicked: it is not called again.
    is_broken: bool,
}

impl<A> Guarded<A> {
    /// Guards an agent that runs on the thread of that name.
    pub fn new(agent: A, thread: &str, state: Arc<NodeState>) -> Guarded<A> {
        Guarded { agent, thread: thread.to_owned(), state, is_broken: false }
    }

    fn guard<T>(
        &mut self,
        work: impl FnOnce(&mut A) -> Result<T, AgentError>,
    ) -> Result<T, AgentError> {
        let Guarded { agent, thread, state, is_broken } = self;
        // Nobody looks at the agent after a panic: `is_broken` sees to that.
        match catch_unwind(AssertUnwindSafe(|| work(agent))) {
            Ok(done) => done,
            Err(panic) => {
                *is_broken = true;
                let failure =
                    Failure::Broken(format!("thread {thread} panicked: {}", text(&*panic)));
                state.fail(failure.clone());
                Err(Box::new(failure))
            }
        }
    }
}

impl<A: Agent> Agent for Guarded<A> {
    fn do_work(&mut self) -> Result<usize, AgentError> {
        self.guard(Agent::do_work)
    }

    fn on_close(&mut self) -> Result<(), AgentError> {
        match self.is_broken {
            true => Ok(()),
            false => self.guard(Agent::on_close),
        }
    }
}

/// What a panic says.
pub fn text(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_runtime::agent::{ThreadPlan, spawn};
    use gauntlet_runtime::idle::WaitStrategy;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    struct Breaks {
        in_work: bool,
        closed: Arc<AtomicU32>,
    }

    impl Agent for Breaks {
        fn do_work(&mut self) -> Result<usize, AgentError> {
            assert!(!self.in_work, "filled quantity {} above {}", 3, 2);
            Err("done".into())
        }

        fn on_close(&mut self) -> Result<(), AgentError> {
            self.closed.fetch_add(1, Ordering::Relaxed);
            panic!("at the end");
        }
    }

    /// What the node fails with, whether the threads around are stopped, and how often it was closed.
    fn end_of(in_work: bool) -> (String, bool, u32) {
        let (state, stop) = (Arc::<NodeState>::default(), Arc::new(AtomicBool::new(false)));
        let closed = Arc::new(AtomicU32::new(0));
        let agent = Breaks { in_work, closed: Arc::clone(&closed) };
        let plan = ThreadPlan { name: "risk".into(), wait: WaitStrategy::Yield, pin: None };
        let guarded = Guarded::new(agent, "risk", Arc::clone(&state));
        let thread = spawn(guarded, plan, Arc::clone(&stop)).expect("a thread");
        assert!(thread.join().is_err());
        assert!(state.has_failed());
        let failure = state.failure().expect("a failure");
        assert!(matches!(failure, Failure::Broken(_)));
        (failure.to_string(), stop.load(Ordering::Acquire), closed.load(Ordering::Relaxed))
    }

    #[test]
    fn a_failed_assertion_fails_the_node_and_the_agent_is_not_called_again() {
        let (failure, stopped, closed) = end_of(true);
        assert!(failure.contains("thread risk panicked: filled quantity 3 above 2"), "{failure}");
        assert_eq!((stopped, closed), (true, 0));
    }

    #[test]
    fn a_panic_at_the_end_fails_the_node_too() {
        let (failure, stopped, closed) = end_of(false);
        assert!(failure.contains("thread risk panicked: at the end"), "{failure}");
        assert_eq!((stopped, closed), (true, 1));
    }
}
