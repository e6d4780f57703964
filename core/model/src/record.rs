//! What the journal keeps, as bytes and back: the records that inputs and effects are.
//!
//! Two forms, both little-endian and without padding, so that equal values have equal bytes on every
//! machine, and both written without an allocation:
//!
//! - **fixed** (`journaled!`): the rkyv archive of one struct, for what is frequent. Its type is frozen
//!   with its release: a change is a new kind.
//! - **tagged** (`tagged!`): fields that carry their numbers, for definitions that grow. A field may be
//!   added with a default for its absence; what is there is frozen as well.
//!
//! Each form tells its [`Field`]s, of which `docs/journal.md` is made.

mod tagged;

use rkyv::api::low::{self, LowDeserializer, LowSerializer, LowValidator};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Failure;
use rkyv::ser::allocator::SubAllocator;
use rkyv::ser::writer::Buffer;
use rkyv::{Archive, Deserialize, Serialize};
pub use tagged::{FIELD_HEADER, Reader, VALUE_MAX, Value, Writer};
pub(crate) use tagged::{tagged_default, tagged_record as tagged};

/// A value that the journal keeps.
pub trait Record: Sized {
    /// How its bytes are made.
    const FORM: Form;
    /// Its fields, in order.
    const FIELDS: &'static [Field];
    /// Most bytes that it takes.
    const BYTES_MAX: usize;

    /// Writes it to the beginning of `to`; returns how many bytes it took.
    ///
    /// # Panics
    /// If `to` is too short for it; never when `to` has [`Record::BYTES_MAX`] bytes.
    fn put(&self, to: &mut [u8]) -> usize;

    /// Reads it from exactly these bytes.
    ///
    /// # Errors
    /// They are not a value of this type.
    fn get(bytes: &[u8]) -> Result<Self, RecordError>;
}

/// How the bytes of a record are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One field behind the other, each at its place.
    Fixed,
    /// Each field with its number and length; those at their defaults are left out.
    Tagged,
}

/// A field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub of: &'static str,
    /// Of a fixed record the offset of its first byte, of a tagged one its tag.
    pub place: usize,
    /// Bytes of its value; the most of them where it is a tagged record itself.
    pub bytes: usize,
    /// Of a tagged record, what its absence means; `None` where it must be there.
    pub default: Option<&'static str>,
    /// What it is.
    pub doc: &'static str,
}

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// They are not a value of its type.
    #[error("the bytes are no value of its type")]
    Invalid,
    /// It has a field that this release does not know. What it means may be a limit, so a definition
    /// is never used without it.
    #[error("it has field {0}, which is not known here")]
    Unknown(u16),
    /// A field that must be there is not.
    #[error("it lacks field {0}, which must be there")]
    Missing(u16),
}

/// Writes a value's archive to the beginning of `to`; returns its length.
///
/// # Panics
/// If it does not fit.
#[inline]
pub(crate) fn put<T>(value: &T, to: &mut [u8]) -> usize
where
    T: for<'a> Serialize<LowSerializer<Buffer<'a>, SubAllocator<'a>, Failure>>,
{
    low::to_bytes_in_with_alloc::<_, _, Failure>(value, Buffer::from(to), SubAllocator::empty())
        .expect("the room has the bytes that the type says it takes at most")
        .len()
}

/// The value of an archive that is exactly these bytes.
#[inline]
pub(crate) fn get<T>(bytes: &[u8]) -> Result<T, RecordError>
where
    T: Archive,
    T::Archived:
        for<'a> CheckBytes<LowValidator<'a, Failure>> + Deserialize<T, LowDeserializer<Failure>>,
{
    if bytes.len() != size_of::<T::Archived>() {
        return Err(RecordError::Invalid);
    }
    low::access::<T::Archived, Failure>(bytes)
        .and_then(low::deserialize::<T, Failure>)
        .map_err(|Failure| RecordError::Invalid)
}

/// Defines structs that the journal keeps as they are: fixed records.
macro_rules! journaled {
    ($(
        $(#[doc = $doc:literal])+
        $(#[derive($($more:ident),+)])?
        pub struct $name:ident {$(
            $(#[doc = $field_doc:literal])+
            pub $field:ident: $type:ty,
        )+}
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(rkyv::Archive, rkyv::Serialize, rkyv::Deserialize, Clone, Copy, PartialEq, Debug)]
        $(#[derive($($more),+)])?
        pub struct $name {$(
            $(#[doc = $field_doc])+
            pub $field: $type,
        )+}

        impl $crate::record::Record for $name {
            const FORM: $crate::record::Form = $crate::record::Form::Fixed;
            const FIELDS: &'static [$crate::record::Field] = &[$($crate::record::Field {
                name: stringify!($field),
                of: stringify!($type),
                place: std::mem::offset_of!(rkyv::Archived<$name>, $field),
                bytes: size_of::<rkyv::Archived<$type>>(),
                default: None,
                doc: concat!($($field_doc),+),
            }),+];
            const BYTES_MAX: usize = size_of::<rkyv::Archived<$name>>();

            #[inline]
            fn put(&self, to: &mut [u8]) -> usize {
                $crate::record::put(self, to)
            }

            #[inline]
            fn get(bytes: &[u8]) -> Result<$name, $crate::record::RecordError> {
                $crate::record::get(bytes)
            }
        }
    )+};
}
pub(crate) use journaled;
