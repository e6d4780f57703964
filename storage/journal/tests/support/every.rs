//! Lists of variants that cannot leave one out: a variant that is not listed does not compile, and
//! one that is listed is made.

/// One of all variants of an enum without values.
macro_rules! any_variant {
    ($numbers:expr, $type:ident: $($variant:ident),+ $(,)?) => {
        any_of!($numbers, |_numbers| $type { $($type::$variant => $type::$variant),+ })
    };
}

/// One of all variants of an enum: for each its pattern and how one is made.
macro_rules! any_of {
    ($numbers:expr, |$n:ident| $type:ty { $($pattern:pat => $make:expr),+ $(,)? }) => {{
        // Has an arm for each variant or does not compile.
        fn place(value: &$type) -> usize {
            let patterns = [$(stringify!($pattern)),+];
            let pattern = match value {
                $($pattern => stringify!($pattern)),+
            };
            patterns.iter().position(|listed| *listed == pattern).expect("listed")
        }
        let makes: &[fn(&mut Numbers) -> $type] =
            &[$(|$n: &mut Numbers| { let _ = &mut *$n; $make }),+];
        let numbers: &mut Numbers = $numbers;
        let chosen = numbers.choose(makes.len());
        let made = makes[chosen](numbers);
        assert_eq!(place(&made), chosen, "made {made:?}, which stands elsewhere in the list");
        made
    }};
}

/// All kinds of inputs or effects in an order: what makes each, how many there are, and the place of
/// a value's kind. A kind that is not listed does not compile.
macro_rules! kinds {
    (
        $type:ident, $count:ident, $make:ident, $place:ident:
        $($variant:ident by $method:ident),+ $(,)?
    ) => {
        /// How many kinds there are.
        pub const $count: u64 = [$(stringify!($variant)),+].len() as u64;

        /// The place of a value's kind in the list.
        pub fn $place(value: &$type) -> u64 {
            let kinds = [$(stringify!($variant)),+];
            let kind = match value {
                $($type::$variant(_) => stringify!($variant)),+
            };
            kinds.iter().position(|listed| *listed == kind).expect("listed") as u64
        }

        impl Numbers {
            /// A value of the `which`-th kind.
            pub fn $make(&mut self, which: u64) -> $type {
                let makes: &[fn(&mut Numbers) -> $type] =
                    &[$(|numbers| $type::$variant(numbers.$method())),+];
                makes[(which % $count) as usize](self)
            }
        }
    };
}
