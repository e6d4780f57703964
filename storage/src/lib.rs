//! The journal and what is kept on disk.
