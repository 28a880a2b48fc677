//! Paths that lead where they should, and those that do not.

use super::*;
use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::os::unix::net::{UnixListener, UnixStream};
use tempfile::TempDir;

/// A directory `granted` with a socket `a`, and one beside it, `other`, with a socket `b`.
struct Scene {
    _folder: TempDir,
    home: PathBuf,
    granted: Places,
    _a: UnixListener,
    b: UnixListener,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap();
        fs::create_dir_all(home.join("granted/sub")).unwrap();
        fs::create_dir(home.join("other")).unwrap();
        let listen = |name: &str| UnixListener::bind(home.join(name)).unwrap();
        let (a, b) = (listen("granted/a"), listen("other/b"));
        Self {
            granted: Places::new(&[home.join("granted")], &[]).unwrap(),
            home,
            _folder: folder,
            _a: a,
            b,
        }
    }

    fn find(&self, path: &str) -> Result<Found, Failure> {
        find(&self.granted, &self.home.join(path))
    }

    fn find_place(&self, path: &str) -> Result<Place, Failure> {
        find_place(&self.granted, &self.home.join(path))
    }

    fn link(&self, target: &str, name: &str) {
        symlink(target, self.home.join(name)).unwrap();
    }
}

/// How each of these paths fails.
fn fail(scene: &Scene, expected: &Failure, paths: &[&str]) {
    for path in paths {
        let failure = scene.find(path).unwrap_err();
        let same = std::mem::discriminant(&failure) == std::mem::discriminant(expected);
        assert!(same, "{path}: {failure:?}");
    }
}

#[test]
fn what_is_granted_is_found() {
    let scene = Scene::new();
    scene.link("granted", "way");
    scene.link("../way/./sub/../a", "other/in");
    scene.link("a", "granted/same");
    for path in [
        "granted/a",
        "granted//./a",
        "granted/sub/../a",
        "way/a",
        "other/in",
        "granted/same",
        "granted/sub/../same",
    ] {
        scene.find(path).unwrap();
    }
    // What it is shows when it is connected to.
    scene.find("granted/sub").unwrap();
    scene.find("granted").unwrap();
}

#[test]
fn what_is_not_granted_is_not_told_of() {
    let scene = Scene::new();
    scene.link("../other/b", "granted/file");
    scene.link("../other", "granted/folder");
    scene.link(
        scene.home.join("other/b").to_str().unwrap(),
        "granted/whole",
    );
    scene.link("../other/missing", "granted/nowhere");
    scene.link("../other/../granted/a", "granted/round");
    scene.link("../missing/../granted/a", "granted/lost");
    fail(
        &scene,
        &Failure::AccessDenied,
        &[
            "other/b",
            "other/missing",
            "missing",
            "missing/missing",
            "granted/../other/b",
            "granted/../missing",
            "granted/..",
            // There and back: that it works would tell that something is there.
            "granted/../granted/a",
            "other/../granted/a",
            "missing/../granted/a",
            "granted/file",
            "granted/folder/b",
            "granted/folder/missing",
            "granted/whole",
            "granted/nowhere",
            "granted/round",
            "granted/lost",
            "granted/sub/../../other/b",
            "other/b/x",
            "grantedly",
            "../../../../../../etc/passwd",
        ],
    );
}

#[test]
fn what_is_wrong_is_told_where_something_is_granted() {
    let scene = Scene::new();
    scene.link("loop", "granted/loop");
    scene.link("missing", "granted/nowhere");
    fail(
        &scene,
        &Failure::NoSuchFile,
        &[
            "granted/missing",
            "granted/missing/a",
            "granted/nowhere",
            "granted/missing/../../other/b",
        ],
    );
    fail(
        &scene,
        &Failure::NotADirectory,
        &["granted/a/", "granted/a/.", "granted/a/x"],
    );
    fail(&scene, &Failure::TooManySymbolicLinks, &["granted/loop"]);

    // Of a file alone, its own path is told of, and none above it.
    let file = Places::new(&[scene.home.join("later/a")], &[]).unwrap();
    let find = |path: &str| find(&file, &scene.home.join(path)).unwrap_err();
    assert!(matches!(find("later/a"), Failure::NoSuchFile));
    assert!(matches!(find("later"), Failure::AccessDenied));
    assert!(matches!(find("later/b"), Failure::AccessDenied));
    assert!(matches!(find("later/x/../a"), Failure::AccessDenied));
}

#[test]
fn names_that_multiply_are_stopped() {
    let scene = Scene::new();
    let many = "sub/../".repeat(500);
    for at in 0..40 {
        scene.link(&format!("{many}l{}", at + 1), &format!("granted/l{at}"));
    }
    scene.link("a", "granted/l40");
    let failure = scene.find("granted/l0").unwrap_err();
    let stopped = matches!(
        failure,
        Failure::PathTooLong | Failure::TooManySymbolicLinks
    );
    assert!(stopped, "{failure:?}");
}

#[test]
fn what_is_too_deep_is_stopped() {
    let scene = Scene::new();
    let deep = "d/".repeat(DEPTH);
    fs::create_dir_all(scene.home.join("granted").join(&deep)).unwrap();
    scene.link(&deep[..deep.len() / 2], "granted/half");
    scene.link(&deep, "granted/whole");
    scene.find("granted/half").unwrap();
    let failure = scene.find("granted/whole").unwrap_err();
    assert!(matches!(failure, Failure::PathTooLong), "{failure:?}");
}

#[test]
fn what_was_decided_about_is_connected() {
    let scene = Scene::new();
    let (a, b) = (scene.home.join("granted/a"), scene.home.join("other/b"));
    let found = scene.find("granted/a").unwrap();
    // In the meantime the name becomes a link out, and its directory too.
    fs::rename(&a, scene.home.join("granted/away")).unwrap();
    symlink(&b, &a).unwrap();
    fs::rename(scene.home.join("granted"), scene.home.join("moved")).unwrap();
    scene.link("other", "granted");
    fs::rename(&b, scene.home.join("other/a")).unwrap();

    let address = found.address().unwrap();
    let path = address.path().unwrap().into_owned().into_string().unwrap();
    let mut stream = UnixStream::connect(path).unwrap();
    scene.b.set_nonblocking(true).unwrap();
    assert!(scene.b.accept().is_err());
    let (server, _) = scene._a.accept().unwrap();
    drop(server);
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}

#[test]
fn a_place_is_in_the_directory_that_was_decided_about() {
    let scene = Scene::new();
    scene.link("../other", "granted/folder");
    scene.link("../other/new", "granted/link");
    scene.find_place("granted/new").unwrap();
    scene.find_place("granted/sub/../new").unwrap();
    // A link is what is there already, wherever it leads.
    let link = scene.find_place("granted/link").unwrap();
    assert!(link.is_taken().unwrap());
    for (path, expected) in [
        ("granted/sub/new", Failure::AccessDenied),
        ("granted/folder/new", Failure::AccessDenied),
        ("granted/../other/new", Failure::AccessDenied),
        ("other/new", Failure::AccessDenied),
        ("missing/new", Failure::AccessDenied),
        ("granted/missing/new", Failure::NoSuchFile),
        ("granted/a/new", Failure::AccessDenied),
        ("granted/", Failure::AddressInUse),
        ("granted/..", Failure::AddressInUse),
    ] {
        let failure = scene.find_place(path).unwrap_err();
        let same = std::mem::discriminant(&failure) == std::mem::discriminant(&expected);
        assert!(same, "{path}: {failure:?}");
    }
    // A socket is removed from that directory and no other.
    let place = scene.find_place("granted/a").unwrap();
    fs::rename(scene.home.join("granted"), scene.home.join("moved")).unwrap();
    scene.link("other", "granted");
    fs::rename(scene.home.join("other/b"), scene.home.join("other/a")).unwrap();
    place.remove_socket();
    assert!(scene.home.join("other/a").exists());
    assert!(!scene.home.join("moved/a").exists());
}
