internal import ArgumentParser
internal import CommandLineTools
internal import EventLog
internal import Glibc
internal import JourneyClient
internal import JourneyModel

/// An input that cannot be read or understood.
struct InputError: Error {
    /// Which, where and why.
    let message: String
}

/// A check that came to no result, for the reason of another error.
struct CouldNotCheck: Error {
    let cause: any Error
}

/// How the program ends after an error: what it says, and the exit status of which `--help` tells.
struct Ending {
    private enum Status: Int32 {
        case done = 0
        case refused = 1
        case usage = 2
        case cannotConnect = 3
        case badInput = 4
        case connectionLost = 5
    }

    private let status: Int32
    private let message: String

    init(_ error: any Error) {
        switch error {
        case let problem as ProblemDetails: self.init(.refused, "refused: \(problem)")
        case let error as ClientError:
            if case .cannotConnect = error { self.init(.cannotConnect, "\(error)") } else { self.init(.connectionLost, "\(error)") }
        case let fault as JSONFault:
            self.init(.connectionLost, "the daemon's answer is not JSON: byte \(fault.offset): \(fault.reason)")
        case let error as InputError: self.init(.badInput, error.message)
        case let error as LogError: self.init(.badInput, "\(error)")
        case let error as CouldNotCheck: self = Ending(error.cause).with(.usage)
        case OutputError.closed: self.init(.done, "")
        case OutputError.failed(let reason): self.init(.refused, "cannot write the answer: \(reason)")
        default: self.init(parser: error)
        }
    }

    private func with(_ status: Status) -> Ending {
        Ending(status: status.rawValue, message: message)
    }

    private init(status: Int32, message: String) {
        (self.status, self.message) = (status, message)
    }

    private init(_ status: Status, _ message: String) {
        self.status = status.rawValue
        // What the daemon says may quote an event.
        let lines = message.split(separator: "\n").map { TerminalText.escaped(String($0)) + "\n" }
        self.message = lines.isEmpty ? "" : "journeyctl: " + lines.joined()
    }

    /// What the argument parser throws: wrong usage, a demand for help, or a bare exit status.
    private init(parser error: any Error) {
        let code = JourneyCtl.exitCode(for: error)
        let text = JourneyCtl.fullMessage(for: error)
        status = code == .validationFailure ? Status.usage.rawValue : code.rawValue
        message = text.isEmpty ? "" : text + "\n"
    }

    func exit() -> Never {
        // Help that was asked for is an answer, not a complaint.
        if status == Status.done.rawValue {
            try? StandardOutput.write(Array(message.utf8))
        } else {
            StandardOutput.complain(message)
        }
        Glibc.exit(status)
    }
}
