internal import EventLog

extension ControlInterface {
    /// Compares the whole log, a line for each part of it.
    func verify(_ send: (_ line: [UInt8]) -> Bool) {
        let verification = log.verify { step in send(step.line) }
        _ = send(verification.line)
    }
}
