//! What is not granted: whether it is there or not is not told.

use crate::{ask_permitted, network, to};
use serde_json::json;
use switchboard_host::posix::PosixCtx;
use switchboard_tests::unix_servers::{Folder, UnixServer};

#[tokio::test]
async fn outside_of_what_is_granted() {
    let (folder, other) = (Folder::new().unwrap(), Folder::new().unwrap());
    let path = other.file("echo");
    let _server = UnixServer::echo(&path).unwrap();
    std::os::unix::fs::symlink(&path, folder.file("out")).unwrap();
    let name = other.path().file_name().unwrap().to_owned();
    let dotted = folder.file("..").join(name).join("echo");
    for path in [path, other.file("missing"), folder.file("out"), dotted] {
        let grants = PosixCtx::builder().allow_unix(folder.path());
        let permissions = network().posix(grants);
        let answer = ask_permitted(permissions, to(&path)).await;
        assert_eq!(answer.code(), Some("access-denied"), "{path:?} {answer:?}");
        assert_eq!(answer.told(), "[Errno 13] Permission denied");
    }
}

#[tokio::test]
async fn nothing_at_all() {
    let folder = Folder::new().unwrap();
    let answer = ask_permitted(network(), to(&folder.file("a"))).await;
    assert_eq!(answer.code(), Some("access-denied"), "{answer:?}");
    let named = json!({"unix": true, "path": "\0name"});
    let answer = ask_permitted(network(), named).await;
    assert_eq!(answer.code(), Some("access-denied"), "{answer:?}");
}
