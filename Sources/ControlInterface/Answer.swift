/// What a request is answered with.
package enum Answer: Sendable {
    /// Ready as a whole.
    case whole(Reply)
    /// Made while it is sent: for what takes long or is large.
    ///
    /// `produce` is called once, on a thread that may block. `send` takes a piece, waits while the client is slower than that, and returns
    /// whether anybody still listens: where it is false, `produce` should return soon.
    case pieces(contentType: String, _ produce: @Sendable (_ send: (_ piece: [UInt8]) -> Bool) -> Void)

    /// An answer of lines of JSON, one as it comes after the other.
    static func lines(_ produce: @escaping @Sendable (_ send: (_ line: [UInt8]) -> Bool) -> Void) -> Answer {
        .pieces(contentType: "application/x-ndjson", produce)
    }
}
