internal import Glibc

/// Writing to the standard streams, unbuffered, so that a reader at the other end of a pipe sees a line when it is printed.
enum StandardOutput {
    /// Writes all bytes.
    static func write(_ bytes: [UInt8]) throws(OutputError) {
        try write(bytes, to: STDOUT_FILENO)
    }

    /// Writes a message for people; whether it arrives does not matter.
    static func complain(_ text: String) {
        try? write(Array(text.utf8), to: STDERR_FILENO)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(OutputError) {
        var start = 0
        while start < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.write(descriptor, bytes.baseAddress?.advanced(by: start), bytes.count - start)
            }
            if count >= 0 {
                start += count
            } else if errno == EPIPE {
                throw .closed
            } else if errno != EINTR {
                throw .failed(SystemError.reason)
            }
        }
    }
}

/// Why the answer could not be printed.
enum OutputError: Error {
    /// The reader has seen enough.
    case closed
    case failed(String)
}

/// What the system says about the last failed call.
enum SystemError {
    static var reason: String { unsafe String(cString: strerror(errno)) }
}
