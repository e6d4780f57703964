//! The proof of approval: a type that only this folder can make.

/// Proof that the risk stage let a value pass. Nothing else can make one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Approved<T>(T);

impl<T> Approved<T> {
    /// The approved value.
    pub fn get(&self) -> &T {
        &self.0
    }

    /// The one way to an approval: called where every check has passed, and nowhere else.
    pub(in crate::risk) fn grant(value: T) -> Approved<T> {
        Approved(value)
    }

    /// Makes one without a check. Only tests of the stages behind risk may enable the feature.
    #[cfg(any(test, feature = "unchecked-approval"))]
    pub fn unchecked(value: T) -> Approved<T> {
        Approved(value)
    }
}
