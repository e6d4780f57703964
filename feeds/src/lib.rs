//! Market data in: the Databento live protocol and DBN files.
