//! A disk that is full, and a process that ends between two requests: nothing is lost, and nothing is done twice.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use credits_runtime::testing::{Backend, ManualClock, Storage};
use credits_web::{Scope, Tokens};
use redb::backends::InMemoryBackend;
use serde_json::{Value, json};

use crate::demo::{Credits, end};
use crate::site::Site;

/// Two files in memory, on a disk that can be full.
#[derive(Clone, Debug, Default)]
struct Disk {
    ledger: Arc<InMemoryBackend>,
    log: Arc<InMemoryBackend>,
    is_full: Arc<AtomicBool>,
}

#[derive(Clone, Debug)]
struct File {
    bytes: Arc<InMemoryBackend>,
    is_full: Arc<AtomicBool>,
}

impl Storage for Disk {
    type File = File;

    fn ledger(&self) -> File {
        File { bytes: Arc::clone(&self.ledger), is_full: Arc::clone(&self.is_full) }
    }

    fn log(&self) -> File {
        File { bytes: Arc::clone(&self.log), is_full: Arc::clone(&self.is_full) }
    }
}

impl File {
    fn check(&self) -> io::Result<()> {
        if self.is_full.load(Ordering::SeqCst) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl Backend for File {
    fn len(&self) -> io::Result<u64> {
        self.bytes.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.bytes.read(offset, out)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        if length > self.bytes.len()? {
            self.check()?;
        }
        self.bytes.set_len(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.bytes.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check()?;
        self.bytes.write(offset, data)
    }
}

/// An API on this disk, and its token.
fn open(disk: &Disk) -> (Credits, Site, String) {
    let credits = Credits::builder().clock(ManualClock::at(end())).open_on(disk).unwrap();
    let tokens = Tokens::in_memory();
    let token = tokens.create("worker", &[Scope::Admin]).unwrap();
    let api = credits_web::api(&credits).tokens(tokens);
    let site = Site::of(Router::new().nest_service("/api", api));
    (credits, site, token)
}

#[test]
fn a_full_disk_refuses_writes_and_the_same_keys_settle_them_later() {
    let hold = json!({ "operation": "generate_image", "quality": "hd", "limit_seconds": 60 });
    let spend = json!({ "operation": "generate_image", "quality": "hd" });
    let gift = json!({ "amount": 7 });
    for (path, body, left) in [("holds", &hold, 5), ("spend", &spend, 5), ("give", &gift, 37)] {
        let disk = Disk::default();
        let (credits, site, token) = open(&disk);
        credits.wallet("ada").give_credits(30).now().wait().unwrap();
        let write = |site: &Site, token: &str| {
            site.call("POST", &format!("/api/wallets/ada/{path}"), token, Some("job-7"), body)
        };
        let read = |site: &Site, token: &str| {
            let wallet = site.call("GET", "/api/wallets/ada", token, None, &Value::Null);
            wallet.value(200)["credits"].as_i64().unwrap()
        };
        disk.is_full.store(true, Ordering::SeqCst);
        let refused = write(&site, &token);
        let problem: Value = serde_json::from_str(&refused.body).unwrap();
        let code = problem["code"].as_str().unwrap();
        assert_eq!(refused.status.as_u16(), 503, "{problem}");
        assert!(matches!(code, "not_done" | "outcome_unknown" | "stopped"), "{problem}");
        assert!(!refused.body.contains("job-7") || code == "outcome_unknown", "{problem}");
        // Reads go on with the last known commit, and health says what is wrong.
        assert_eq!(read(&site, &token), 30);

        drop((site, credits));
        disk.is_full.store(false, Ordering::SeqCst);
        let (credits, site, token) = open(&disk);
        let first = write(&site, &token).value(201);
        let again = write(&site, &token);
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(first["id"], again.value(201)["id"]);
        assert_eq!(read(&site, &token), left, "{path}");
        credits.verify().unwrap();
    }
}
