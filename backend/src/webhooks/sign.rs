//! How receivers know who sent something, as the Standard Webhooks specification has it:
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;

/// What a secret begins with.
const MARK: &str = "whsec_";

/// Bytes of a secret; the specification has 24 to 64.
pub(crate) const SECRET: usize = 32;

/// The secret as it is told.
pub(crate) fn secret(random: [u8; SECRET]) -> String {
    format!("{MARK}{}", STANDARD.encode(random))
}

/// `v1,…`: the signature of a body that is sent under this identifier, at this second since 1970. Nothing for what is no secret of ours.
pub(crate) fn signature(secret: &str, id: &str, second: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(MARK)?).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let signed = hmac::sign(&key, format!("{id}.{second}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(signed.as_ref())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_specifications_own_example() {
        let body = r#"{"test": 2432232314}"#;
        let signed = signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            body,
        );
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
        assert_eq!(signature("another", "a", 1, ""), None);
        assert_eq!(secret([0; SECRET]).len(), MARK.len() + 44);
    }
}
