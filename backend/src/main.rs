//! The `berth` program; everything it does is in the library.

fn main() -> std::process::ExitCode {
    berth::cli::main()
}
