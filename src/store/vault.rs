//! Personal data at rest: sealed with ChaCha20-Poly1305, found again by a keyed index.
//!
//! The key is one file beside the data. Whoever has only the database, or a backup without the
//! key, reads no name, number, photo or reason.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::kernel::{Problem, secret};

/// Nonce (12 bytes) followed by the sealed text.
pub type Sealed = Vec<u8>;

const NONCE: usize = 12;

/// Seals and opens personal data.
#[derive(Clone)]
pub struct Vault {
    cipher: ChaCha20Poly1305,
    index_key: [u8; 32],
    token_key: [u8; 32],
}

impl Vault {
    /// Reads the key file `vault.key` in `data`, making it on the first start. Beside a database it
    /// makes none: another key would open nothing of what is there.
    pub fn open(data: &Path) -> Result<Self, Problem> {
        let path = data.join("vault.key");
        match fs::read_to_string(&path) {
            Ok(text) => {
                let bytes = hex::decode(text.trim()).map_err(Problem::internal)?;
                let master = <[u8; 32]>::try_from(bytes)
                    .map_err(|_| Problem::internal("vault.key must hold 64 hexadecimal digits"))?;
                Ok(Self::from_master(&master))
            }
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Problem::internal(error))
            }
            Err(_) if data.join("keju.db").exists() => Err(Problem::internal(format!(
                "{} is missing: put the key of this database back",
                path.display()
            ))),
            Err(_) => Self::create(&path),
        }
    }

    /// From a 32-byte master key.
    pub fn from_master(master: &[u8; 32]) -> Self {
        let key = |label: &[u8]| keyed(master, label);
        Self {
            cipher: ChaCha20Poly1305::new(&Key::from(key(b"keju/vault/seal"))),
            index_key: key(b"keju/vault/index"),
            token_key: key(b"keju/vault/token"),
        }
    }

    /// Seals `plain`. The same text seals differently each time.
    pub fn seal(&self, plain: impl AsRef<[u8]>) -> Result<Sealed, Problem> {
        let nonce: [u8; NONCE] = secret::random();
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(nonce), plain.as_ref())
            .map_err(|_| Problem::internal("sealing failed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Vault::seal`] made; fails if it was altered.
    pub fn open_bytes(&self, sealed: &[u8]) -> Result<Vec<u8>, Problem> {
        let altered = || Problem::internal("sealed data was altered, or the key is another one");
        let (nonce, body) = sealed.split_first_chunk::<NONCE>().ok_or_else(altered)?;
        self.cipher
            .decrypt(&Nonce::from(*nonce), body)
            .map_err(|_| altered())
    }

    /// Opens a sealed text.
    pub fn open_text(&self, sealed: &[u8]) -> Result<String, Problem> {
        String::from_utf8(self.open_bytes(sealed)?).map_err(Problem::internal)
    }

    /// A keyed fingerprint by which an equal value can be found without being readable.
    pub fn index(&self, field: &str, value: &str) -> Vec<u8> {
        keyed(&self.index_key, format!("{field}\0{value}").as_bytes()).to_vec()
    }

    /// A fingerprint of the key, by which a database knows the key that seals it.
    pub fn key_check(&self) -> Vec<u8> {
        self.index("vault", "key")
    }

    /// A key for signing tokens, separate from the ones that guard data.
    pub fn token_key(&self) -> &[u8; 32] {
        &self.token_key
    }

    fn create(path: &Path) -> Result<Self, Problem> {
        let master: [u8; 32] = secret::random();
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(Problem::internal)?;
        file.write_all(hex::encode(master).as_bytes())
            .map_err(Problem::internal)?;
        file.sync_all().map_err(Problem::internal)?;
        Ok(Self::from_master(&master))
    }
}

/// HMAC-SHA256 of `data` under `key`.
fn keyed(key: &[u8; 32], data: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new(&block.into());
    mac.update(data);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_again_and_an_altered_bit_is_noticed() {
        let vault = Vault::from_master(&[7; 32]);
        let mut sealed = vault.seal("张三").unwrap();
        assert_ne!(sealed, vault.seal("张三").unwrap());
        assert_eq!(vault.open_text(&sealed).unwrap(), "张三");
        sealed[20] ^= 1;
        assert!(vault.open_text(&sealed).is_err());
        assert!(
            Vault::from_master(&[8; 32])
                .open_text(&vault.seal("x").unwrap())
                .is_err()
        );
    }

    #[test]
    fn equal_values_have_equal_indexes_only_in_the_same_field() {
        let vault = Vault::from_master(&[7; 32]);
        assert_eq!(vault.index("id", "1"), vault.index("id", "1"));
        assert_ne!(vault.index("id", "1"), vault.index("mail", "1"));
    }
}
