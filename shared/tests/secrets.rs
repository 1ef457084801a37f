//! What a text is shared without.

use berth_shared::assist::without_secrets;

#[test]
fn secrets_stay_out_of_a_shared_text() {
    let text = "env:\n  - HF_TOKEN=hf_1234567890abcdefghij # mine\n  - MODE=x\nregistry_auth:\n  username: me\n  password: hunter2\ninit:\n  - export WANDB_API_KEY=abc123 && run\n  - echo $HF_TOKEN sk-abcdefghijklmnopqrstuv\n";
    let shared = without_secrets(text);
    assert_eq!(
        shared.text,
        "env:\n  - HF_TOKEN # mine\n  - MODE=x\nregistry_auth:\n  username: me\n  password: \"${{ secrets.registry_password }}\"\ninit:\n  - export WANDB_API_KEY=*** && run\n  - echo $HF_TOKEN ***\n"
    );
    assert_eq!(
        shared.left_out,
        ["env.HF_TOKEN", "registry_auth.password", "WANDB_API_KEY", "a token in line 9"]
    );
    let again = without_secrets(&shared.text);
    assert_eq!((again.text, again.left_out), (shared.text, vec![]));
    for (text, shown) in [
        ("env: {A_TOKEN: \"x y\", B: c}", "env: {A_TOKEN: {key: A_TOKEN}, B: c}"),
        ("env:\n  A_SECRET: |\n    one\n    two\n  B: 1\n", "env:\n  A_SECRET: {key: A_SECRET}\n  B: 1\n"),
        ("env: [A_TOKEN, 'B_TOKEN=x y'", "env: [A_TOKEN, B_TOKEN"),
        ("env:\n  A_TOKEN: ${{ secrets.a }}\n", "env:\n  A_TOKEN: ${{ secrets.a }}\n"),
        ("# HF_TOKEN=\"abc def\"", "# HF_TOKEN=\"*** def\""),
    ] {
        assert_eq!(without_secrets(text).text, shown);
    }
}
