internal import CommandLineTools
internal import Synchronization

/// A line of an input file that did not become a stored event.
struct Rejection: Sendable {
    /// Its number in the file, from 1.
    let line: Int
    let code: String
    let detail: String
}

/// What was decided about a CSV file's rows before they were sent. The upload writes it while the answer is read.
final class ImportLedger: Sendable {
    private struct State {
        // Where the stream's numbers of lines begin to differ from the file's by another amount than before.
        var shifts: [(streamLine: Int, shift: Int)] = []
        var sent = 0
        var rejected: [Rejection] = []
        var rejectedCount = 0
        var fault: CSVFault?
    }

    private let state = Mutex(State())

    /// Notes that the next line of the stream comes from this line of the file.
    func sent(fileLine: Int) {
        state.withLock { state in
            state.sent += 1
            let shift = fileLine - state.sent
            if shift != state.shifts.last?.shift ?? 0 { state.shifts.append((streamLine: state.sent, shift: shift)) }
        }
    }

    /// Notes a row that is not sent.
    func rejected(fileLine: Int, reason: String) {
        state.withLock { state in
            state.rejectedCount += 1
            guard state.rejected.count < ImportReport.mostRejections else { return }
            state.rejected.append(Rejection(line: fileLine, code: "invalid-row", detail: reason))
        }
    }

    /// Notes where the file stops being CSV: what stands before is sent, the rest cannot be.
    func stopped(at fault: CSVFault) {
        state.withLock { $0.fault = fault }
    }

    /// The file's number of a line of the stream.
    func fileLine(_ streamLine: Int) -> Int {
        state.withLock { state in
            // The last shift that begins at or before the line.
            var (low, high) = (0, state.shifts.count)
            while low < high {
                let middle = (low + high) / 2
                if state.shifts[middle].streamLine <= streamLine { low = middle + 1 } else { high = middle }
            }
            return streamLine + (low == 0 ? 0 : state.shifts[low - 1].shift)
        }
    }

    /// The first rows that were not sent, and how many there are.
    var rejections: (first: [Rejection], count: Int) { state.withLock { ($0.rejected, $0.rejectedCount) } }

    /// Where the file stops being CSV, if it does.
    var fault: CSVFault? { state.withLock { $0.fault } }
}
