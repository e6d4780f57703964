//! Records whose fields carry their numbers.
//!
//! | bytes | field |
//! |---:|---|
//! | 2 | tag |
//! | 2 | length of the value |
//! | | value |
//!
//! Fields come in the order of their tags, each at most once. A field at its default is not written,
//! so a definition that makes no use of a new setting is still read by the release before. An unknown
//! tag is refused, never skipped: nobody trades a definition that he understands in part. What is
//! read is written again as the same bytes.

use super::{RecordError, get, put};
use rkyv::api::low::{LowDeserializer, LowSerializer, LowValidator};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Failure;
use rkyv::ser::allocator::SubAllocator;
use rkyv::ser::writer::Buffer;
use rkyv::{Archive, Deserialize, Serialize};

/// Bytes of a field before its value.
pub const FIELD_HEADER: usize = 4;
/// Most bytes of a field's value.
pub const VALUE_MAX: usize = 1_024;

/// The value of a field: anything that has an archive, or a tagged record.
pub trait Value: Sized {
    /// Most bytes that it takes.
    const BYTES_MAX: usize;

    /// Writes it to the beginning of `to`, which has room for it; returns its length.
    fn put_value(&self, to: &mut [u8]) -> usize;

    /// Reads it from exactly these bytes.
    ///
    /// # Errors
    /// They are no value of the type.
    fn get_value(bytes: &[u8]) -> Result<Self, RecordError>;
}

impl<T> Value for T
where
    T: Archive + for<'a> Serialize<LowSerializer<Buffer<'a>, SubAllocator<'a>, Failure>>,
    T::Archived:
        for<'a> CheckBytes<LowValidator<'a, Failure>> + Deserialize<T, LowDeserializer<Failure>>,
{
    const BYTES_MAX: usize = size_of::<T::Archived>();

    fn put_value(&self, to: &mut [u8]) -> usize {
        put(self, to)
    }

    fn get_value(bytes: &[u8]) -> Result<T, RecordError> {
        get(bytes)
    }
}

/// Writes fields in the order of their tags.
#[derive(Debug)]
pub struct Writer<'a> {
    to: &'a mut [u8],
    len: usize,
}

impl<'a> Writer<'a> {
    /// Writes to the beginning of `to`.
    pub fn new(to: &'a mut [u8]) -> Writer<'a> {
        Writer { to, len: 0 }
    }

    /// Writes a field, unless it is at its default.
    pub fn put<T: Value>(&mut self, tag: u16, value: &T, default: Option<T>) {
        const { assert!(T::BYTES_MAX <= VALUE_MAX) };
        let begin = self.len + FIELD_HEADER;
        let len = value.put_value(&mut self.to[begin..]);
        if default.is_some_and(|default| is_written_as(&default, &self.to[begin..begin + len])) {
            return;
        }
        self.to[self.len..self.len + 2].copy_from_slice(&tag.to_le_bytes());
        self.to[self.len + 2..begin].copy_from_slice(&(len as u16).to_le_bytes());
        self.len = begin + len;
    }

    /// How many bytes were written.
    pub fn finish(self) -> usize {
        self.len
    }
}

/// Compared by bytes, so that a number that is none is equal to itself.
fn is_written_as<T: Value>(value: &T, bytes: &[u8]) -> bool {
    let mut room = [0; VALUE_MAX];
    let len = value.put_value(&mut room);
    room[..len] == *bytes
}

/// Reads fields in the order of their tags.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    last: Option<u16>,
}

impl<'a> Reader<'a> {
    /// Reads the fields of a record.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes, last: None }
    }

    /// The tag of the next field.
    fn next_tag(&self) -> Result<Option<u16>, RecordError> {
        let tag = match self.rest {
            [] => return Ok(None),
            [low, high, _, _, ..] => u16::from_le_bytes([*low, *high]),
            _ => return Err(RecordError::Invalid),
        };
        if self.last.is_some_and(|last| tag <= last) {
            return Err(RecordError::Invalid);
        }
        Ok(Some(tag))
    }

    /// The value of a field, or its default where it is left out. Fields are asked for in the order
    /// of their tags.
    ///
    /// # Errors
    /// It must be there and is not, its bytes are no value, or a field before it is not known.
    pub fn take<T: Value>(&mut self, tag: u16, default: Option<T>) -> Result<T, RecordError> {
        match self.next_tag()? {
            Some(next) if next < tag => return Err(RecordError::Unknown(next)),
            Some(next) if next == tag => {}
            _ => return default.ok_or(RecordError::Missing(tag)),
        }
        let len = usize::from(u16::from_le_bytes([self.rest[2], self.rest[3]]));
        let behind = &self.rest[FIELD_HEADER..];
        let (value, rest) = behind.split_at_checked(len).ok_or(RecordError::Invalid)?;
        // One value has one form: a default that is written out is not of our making.
        if default.is_some_and(|default| is_written_as(&default, value)) {
            return Err(RecordError::Invalid);
        }
        (self.rest, self.last) = (rest, Some(tag));
        T::get_value(value)
    }

    /// Ends a record: nothing may be left.
    ///
    /// # Errors
    /// A field that is not known.
    pub fn finish(self) -> Result<(), RecordError> {
        match self.next_tag()? {
            None => Ok(()),
            Some(tag) => Err(RecordError::Unknown(tag)),
        }
    }
}

/// Defines a struct that the journal keeps as a tagged record. A line is
/// `tag field: Type = what its absence means,`; without the last part the field must be there. Tags
/// are never used again, and neither types nor defaults ever change.
macro_rules! tagged_record {
    (
        $(#[doc = $doc:literal])+
        $(#[derive($($more:ident),+)])?
        pub struct $name:ident {$(
            $(#[doc = $field_doc:literal])+
            $tag:literal $field:ident: $type:ty $(= $default:expr)?,
        )+}
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, PartialEq, Debug)]
        $(#[derive($($more),+)])?
        pub struct $name {$(
            $(#[doc = $field_doc])+
            pub $field: $type,
        )+}

        const _: () = {
            let (tags, mut at): (&[u16], usize) = (&[$($tag),+], 1);
            while at < tags.len() {
                assert!(tags[at - 1] < tags[at], "tags ascend and none is used twice");
                at += 1;
            }
        };

        impl $crate::record::Record for $name {
            const FORM: $crate::record::Form = $crate::record::Form::Tagged;
            const FIELDS: &'static [$crate::record::Field] = &[$($crate::record::Field {
                name: stringify!($field),
                of: stringify!($type),
                place: $tag,
                bytes: <$type as $crate::record::Value>::BYTES_MAX,
                default: $crate::record::tagged_default!(text $($default)?),
                doc: concat!($($field_doc),+),
            }),+];
            const BYTES_MAX: usize = 0 $(
                + $crate::record::FIELD_HEADER + <$type as $crate::record::Value>::BYTES_MAX
            )+;

            fn put(&self, to: &mut [u8]) -> usize {
                let mut fields = $crate::record::Writer::new(to);
                $(fields.put($tag, &self.$field, $crate::record::tagged_default!(value $($default)?));)+
                fields.finish()
            }

            fn get(bytes: &[u8]) -> Result<$name, $crate::record::RecordError> {
                let mut fields = $crate::record::Reader::new(bytes);
                let read = $name {
                    $($field: fields.take($tag, $crate::record::tagged_default!(value $($default)?))?,)+
                };
                fields.finish()?;
                Ok(read)
            }
        }

        impl $crate::record::Value for $name {
            const BYTES_MAX: usize = <$name as $crate::record::Record>::BYTES_MAX;

            fn put_value(&self, to: &mut [u8]) -> usize {
                $crate::record::Record::put(self, to)
            }

            fn get_value(bytes: &[u8]) -> Result<$name, $crate::record::RecordError> {
                $crate::record::Record::get(bytes)
            }
        }
    };
}

/// The default of a field of a tagged record.
macro_rules! tagged_default {
    (text) => {
        None
    };
    (text $default:expr) => {
        Some(stringify!($default))
    };
    (value) => {
        None
    };
    (value $default:expr) => {
        Some($default)
    };
}
pub(crate) use {tagged_default, tagged_record};

#[cfg(test)]
mod tests {
    use super::super::Record;
    use super::*;

    tagged_record! {
        /// As a release before wrote it.
        #[derive(Eq)]
        pub struct Before {
            /// A number that must be there.
            1 number: u32,
            /// A number that need not.
            4 more: u16 = 7,
        }
    }

    tagged_record! {
        /// The same with settings that were added since.
        #[derive(Eq)]
        pub struct After {
            /// A number that must be there.
            1 number: u32,
            /// Something added in between.
            2 flag: bool = false,
            /// A number that need not.
            4 more: u16 = 7,
            /// A record in the record.
            9 inner: Before = Before { number: 1, more: 7 },
        }
    }

    const PLAIN: After =
        After { number: 5, flag: false, more: 7, inner: Before { number: 1, more: 7 } };

    fn bytes(record: &impl Record) -> Vec<u8> {
        let mut room = [0; 256];
        let len = record.put(&mut room);
        room[..len].to_vec()
    }

    #[test]
    fn what_makes_no_use_of_a_new_setting_is_written_as_before() {
        let before = bytes(&Before { number: 5, more: 7 });
        assert_eq!(before, [1, 0, 4, 0, 5, 0, 0, 0]);
        assert_eq!(bytes(&PLAIN), before);
        assert_eq!(After::get(&before), Ok(PLAIN));
    }

    #[test]
    fn every_setting_comes_back() {
        let inner = Before { number: 2, more: 3 };
        for record in [
            After { flag: true, ..PLAIN },
            After { more: 0, ..PLAIN },
            After { inner, ..PLAIN },
            After { number: 0, flag: true, more: 8, inner },
        ] {
            assert_eq!(After::get(&bytes(&record)), Ok(record));
        }
    }

    #[test]
    fn an_unknown_setting_is_named_and_refused() {
        assert_eq!(Before::get(&bytes(&After { flag: true, ..PLAIN })), {
            Err(RecordError::Unknown(2))
        });
        let inner = Before { number: 2, more: 3 };
        assert_eq!(Before::get(&bytes(&After { inner, ..PLAIN })), Err(RecordError::Unknown(9)));
    }

    #[test]
    fn what_must_be_there_is_missed() {
        assert_eq!(After::get(&[]), Err(RecordError::Missing(1)));
        assert_eq!(After::get(&[2, 0, 1, 0, 1]), Err(RecordError::Missing(1)));
    }

    #[test]
    fn a_cut_twisted_or_padded_record_is_refused() {
        let whole = bytes(&After { flag: true, more: 8, ..PLAIN });
        for len in 0..whole.len() {
            // A cut between two fields leaves a record that says less.
            match After::get(&whole[..len]) {
                Ok(read) => assert_eq!(bytes(&read), whole[..len]),
                Err(error) => assert_ne!(error, RecordError::Unknown(9)),
            }
        }
        assert_eq!(After::get(&[1, 0, 4, 0, 5, 0, 0, 0, 0]), Err(RecordError::Invalid));
        let twice = [1, 0, 4, 0, 5, 0, 0, 0, 1, 0, 4, 0, 5, 0, 0, 0];
        assert_eq!(After::get(&twice), Err(RecordError::Invalid));
        let default = [1, 0, 4, 0, 5, 0, 0, 0, 2, 0, 1, 0, 0];
        assert_eq!(After::get(&default), Err(RecordError::Invalid));
        let long = [1, 0, 5, 0, 5, 0, 0, 0, 0];
        assert_eq!(After::get(&long), Err(RecordError::Invalid));
    }

    proptest::proptest! {
        #[test]
        fn whatever_bytes_are_read_are_written_again(
            bytes in proptest::collection::vec(0u8..10, 0..40),
        ) {
            if let Ok(read) = After::get(&bytes) {
                proptest::prop_assert_eq!(self::bytes(&read), bytes);
            }
        }
    }
}
