//! The binary; its crate says the rest.

fn main() -> std::process::ExitCode {
    minispine::main()
}
