//! A backup comes back whole, or not at all.

use keju::app::commands::{backup, restore};
use keju::app::demo::small_season;
use keju::kernel::Clock;
use keju::store::Store;
use keju::verification;

use crate::support::{fresh_dir, morning, settings};

#[test]
fn a_backup_taken_while_the_store_is_open_comes_back_and_verifies() {
    let (data, shelf, new) = (fresh_dir(), fresh_dir(), fresh_dir());
    let clock = Clock::manual(morning());
    let store = Store::open_embedded(&data, clock.clone()).unwrap();
    small_season(&store, &clock).unwrap();
    let copy = shelf.join("copy");
    let made = backup(&settings(&data), &copy, true).unwrap();
    let brought = restore(&settings(&new), &copy).unwrap();
    assert_eq!(made, brought);
    assert!(made.log_size > 100, "{made}");

    let restored = Store::open_embedded(&new, Clock::manual(morning())).unwrap();
    let outcomes = verification::service::verify(&restored).unwrap();
    assert!(
        outcomes.iter().all(|outcome| outcome.failure.is_none()),
        "{outcomes:#?}"
    );
    // A second restore over living data is refused.
    assert!(
        restore(&settings(&new), &copy)
            .unwrap_err()
            .to_string()
            .contains("not empty")
    );
}

#[test]
fn a_damaged_backup_is_refused_before_anything_is_written() {
    let (data, shelf, new) = (fresh_dir(), fresh_dir(), fresh_dir());
    let store = Store::open_embedded(&data, Clock::manual(morning())).unwrap();
    let copy = shelf.join("copy");
    backup(&settings(&data), &copy, true).unwrap();
    let file = copy.join("keju.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[5000] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let refused = restore(&settings(&new), &copy).unwrap_err().to_string();
    assert!(refused.contains("not the one of its manifest"), "{refused}");
    assert!(!new.join("keju.db").exists());
    store.close();
}

#[test]
fn without_the_key_the_backup_says_so_and_cannot_be_opened() {
    let (data, shelf, new) = (fresh_dir(), fresh_dir(), fresh_dir());
    let store = Store::open_embedded(&data, Clock::manual(morning())).unwrap();
    let copy = shelf.join("copy");
    let made = backup(&settings(&data), &copy, false).unwrap();
    assert!(!made.has_key && !copy.join("vault.key").exists());
    let refused = restore(&settings(&new), &copy).unwrap_err().to_string();
    assert!(refused.contains("vault.key"), "{refused}");
    store.close();
}
