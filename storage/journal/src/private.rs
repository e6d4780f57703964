//! Files and folders that nobody but their owner may read: a journal tells what an account holds and
//! wants, and whoever may write to a control socket commands the node.
//!
//! What is made here has its permissions set after it was made, so that they do not depend on the
//! process's umask: one of 000 opens nothing, one of 777 locks nobody out of his own files. What an
//! earlier release, or a copy, left open is tightened when it is opened again.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Permissions of a file: its owner reads and writes.
pub const FILE_MODE: u32 = 0o600;
/// Permissions of a folder: its owner lists, makes and enters.
pub const DIR_MODE: u32 = 0o700;
/// The permissions of everybody but the owner.
const OTHERS: u32 = 0o077;
/// In a folder with this bit anybody may make files, such as `/tmp`: it is not one person's.
const STICKY: u32 = 0o1000;
/// How deep folders within a folder are tightened: a journal has its streams and no deeper.
const DEPTH_MAX: usize = 4;

/// Makes a folder, and those above it that are missing. One that is there keeps its permissions, see
/// [`tighten`]; folders above it have those that the umask gives them.
///
/// # Errors
/// What the system says.
pub fn create_dir(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(DIR_MODE).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made.and_then(|()| restrict(path, DIR_MODE)),
    }
}

/// How to open a file: made for its owner alone where there is none. [`restrict_file`] goes with it.
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(FILE_MODE);
    options
}

/// Opens a file for writing, new and empty or cut to nothing.
///
/// # Errors
/// What the system says.
pub fn create_file(path: &Path) -> io::Result<File> {
    let file = options().write(true).create(true).truncate(true).open(path)?;
    restrict_file(&file)?;
    Ok(file)
}

/// Writes a file in one piece: whoever reads it meets the old one or the new one.
///
/// # Errors
/// What the system says.
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".tmp");
    let draft = PathBuf::from(draft);
    let mut file = create_file(&draft)?;
    io::Write::write_all(&mut file, bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

/// Gives an open file the permissions of a private one, unless it has them.
///
/// # Errors
/// What the system says.
pub fn restrict_file(file: &File) -> io::Result<()> {
    match file.metadata()?.mode() & 0o777 {
        FILE_MODE => Ok(()),
        _ => file.set_permissions(Permissions::from_mode(FILE_MODE)),
    }
}

/// Sets the permissions of what is at a path, unless it has them.
///
/// # Errors
/// What the system says.
pub fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    match fs::metadata(path)?.mode() & 0o777 {
        same if same == mode => Ok(()),
        _ => fs::set_permissions(path, Permissions::from_mode(mode)),
    }
}

/// Takes the permissions of others from a folder and all that is in it. Symbolic links are not
/// followed, and what somebody made away with meanwhile is passed over.
///
/// # Errors
/// The first thing that the system refuses, with its path.
pub fn tighten(path: &Path) -> Result<(), (PathBuf, io::Error)> {
    tighten_to(path, DEPTH_MAX)
}

fn tighten_to(path: &Path, depth: usize) -> Result<(), (PathBuf, io::Error)> {
    let named = |error| (path.to_owned(), error);
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found.map_err(named)?,
    };
    if found.is_symlink() {
        return Ok(());
    }
    let mode = if found.is_dir() { DIR_MODE } else { FILE_MODE };
    if found.mode() & OTHERS != 0 {
        fs::set_permissions(path, Permissions::from_mode(mode)).map_err(named)?;
    }
    if !found.is_dir() || depth == 0 {
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(named)? {
        tighten_to(&entry.map_err(named)?.path(), depth - 1)?;
    }
    Ok(())
}

/// How private a folder is in the end.
#[derive(Debug)]
pub enum Privacy {
    /// Nobody else can look into it.
    Private,
    /// Others can see the names in it, but not read what we keep there: it holds other things too, or
    /// is shared, so its own permissions were left alone.
    Listed,
    /// Others may read what is at this path: the system refuses to close it.
    Open {
        /// What.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Makes a folder that holds `names` and closes it and what is in it to others. One that is there
/// already is closed where it can only be meant for this: it belongs to this user, is not shared as
/// `/tmp` is, and holds nothing but `names`. Otherwise only what has these names is.
///
/// # Errors
/// The folder can neither be made nor read.
pub fn create_folder_of(path: &Path, names: &[&str]) -> io::Result<Privacy> {
    create_dir(path)?;
    let found = fs::metadata(path)?;
    let mut alone = found.mode() & STICKY == 0 && found.uid() == own_uid();
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        if !names.iter().any(|one| name.as_os_str() == *one) {
            alone = false;
        } else if let Err((path, error)) = tighten(&path.join(name)) {
            return Ok(Privacy::Open { path, error });
        }
    }
    if !alone {
        let closed = found.mode() & OTHERS == 0;
        return Ok(if closed { Privacy::Private } else { Privacy::Listed });
    }
    Ok(match restrict(path, DIR_MODE) {
        Ok(()) => Privacy::Private,
        Err(error) => Privacy::Open { path: path.to_owned(), error },
    })
}

fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").mode() & 0o7777
    }

    fn open_file(path: &Path) {
        fs::write(path, "x").expect("written");
        fs::set_permissions(path, Permissions::from_mode(0o666)).expect("ours");
    }

    #[test]
    fn what_is_made_is_private() {
        let dir = tempfile::tempdir().expect("a folder");
        let (made, file) = (dir.path().join("above/made"), dir.path().join("file"));
        create_dir(&made).expect("made");
        create_dir(&made).expect("there");
        open_file(&file);
        create_file(&file).expect("ours");
        assert_eq!((mode(&made), mode(&file)), (0o700, 0o600));
        replace_file(&file, b"new").expect("ours");
        assert_eq!((fs::read(&file).expect("ours"), mode(&file)), (b"new".to_vec(), 0o600));
    }

    #[test]
    fn a_folder_of_ours_is_tightened_whole_and_links_are_not_followed() {
        let (dir, other) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("b"));
        let data = dir.path().join("data");
        fs::create_dir_all(data.join("journal/inputs")).expect("made");
        open_file(&data.join("journal/inputs/0.seg"));
        open_file(&other.path().join("foreign"));
        let link = data.join("journal/link");
        std::os::unix::fs::symlink(other.path().join("foreign"), link).expect("linked");
        fs::set_permissions(&data, Permissions::from_mode(0o755)).expect("ours");
        let privacy = create_folder_of(&data, &["journal"]).expect("ours");
        assert!(matches!(privacy, Privacy::Private), "{privacy:?}");
        assert_eq!(mode(&data), 0o700);
        assert_eq!(mode(&data.join("journal/inputs")), 0o700);
        assert_eq!(mode(&data.join("journal/inputs/0.seg")), 0o600);
        assert_eq!(mode(&other.path().join("foreign")), 0o666);
    }

    #[test]
    fn a_folder_that_holds_other_things_keeps_its_permissions_and_is_told() {
        for (others, bits) in [(true, 0o755), (false, 0o1777)] {
            let dir = tempfile::tempdir().expect("a folder");
            fs::create_dir(dir.path().join("journal")).expect("made");
            open_file(&dir.path().join("journal/x"));
            if others {
                open_file(&dir.path().join("letter"));
            }
            fs::set_permissions(dir.path(), Permissions::from_mode(bits)).expect("ours");
            let privacy = create_folder_of(dir.path(), &["journal"]).expect("ours");
            assert!(matches!(privacy, Privacy::Listed), "{privacy:?}");
            assert_eq!(mode(dir.path()), bits);
            assert_eq!(mode(&dir.path().join("journal/x")), 0o600);
            assert!(!others || mode(&dir.path().join("letter")) == 0o666);
        }
    }
}
