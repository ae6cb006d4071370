internal import ArgumentParser
internal import Glibc

/// Asks before what cannot be taken back.
enum Confirmation {
    /// Returns where the answer is yes.
    ///
    /// - Throws: an exit status of 1 for any other answer; ``InputError`` where nobody can be asked.
    static func ask(_ question: String) throws {
        guard isatty(STDIN_FILENO) == 1 else {
            throw InputError(message: "nobody is there to be asked whether to go on; look at the plan, and say --yes")
        }
        StandardOutput.complain("\(question) [y/N] ")
        guard ["y", "yes"].contains(readLine()?.lowercased() ?? "") else {
            StandardOutput.complain("nothing was done\n")
            throw ExitCode(1)
        }
    }
}
