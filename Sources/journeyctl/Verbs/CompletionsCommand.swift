internal import ArgumentParser
internal import CommandLineTools

/// Prints what a shell needs to complete command lines.
struct CompletionsCommand: ParsableCommand {
    /// A shell whose command lines can be completed.
    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print the script with which a shell completes command lines of this program.",
        discussion: """
            make install puts the scripts where the shells look for them. For one user:

              journeyctl completions bash > ~/.local/share/bash-completion/completions/journeyctl
              journeyctl completions zsh > ~/.zfunc/_journeyctl
              journeyctl completions fish > ~/.config/fish/completions/journeyctl.fish
            """)

    @Argument(help: "The shell: bash, zsh or fish.")
    var shell: Shell

    func run() throws {
        let known: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        try StandardOutput.write(Array((JourneyCtl.completionScript(for: known) + "\n").utf8))
    }
}
