//! What a custodian of a draw does without a server.

use crate::draw::ceremony::secret_commitment;
use crate::kernel::secret;

/// A fresh secret for custodian `number` of a draw, and the commitment to it, as lines of text.
pub fn draw_secret(draw: &str, number: u64) -> String {
    let secret: [u8; 32] = secret::random();
    let commitment = hex::encode(secret_commitment(draw, number, &secret));
    let secret = hex::encode(secret);
    format!("{draw}\ncustodian {number}\nsecret {secret}\ncommitment {commitment}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_new_each_time_and_opens_its_commitment() {
        let text = draw_secret("2026-gwy/seats/1", 2);
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            hex::decode(line.unwrap()).unwrap()
        };
        let secret: [u8; 32] = value("secret ").try_into().unwrap();
        let commitment = secret_commitment("2026-gwy/seats/1", 2, &secret);
        assert_eq!(value("commitment "), commitment);
        assert_ne!(text, draw_secret("2026-gwy/seats/1", 2));
    }
}
