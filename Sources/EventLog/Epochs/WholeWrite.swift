internal import Glibc

/// Writes all of some bytes to a file: the system may take them in pieces, and be interrupted.
package enum WholeWrite {
    /// Writes `bytes` at `offset`, or where the file is at.
    ///
    /// - Returns: false where not all could be written; errno then says why.
    package static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int? = nil) -> Bool {
        var written = 0
        while written < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count =
                if let offset {
                    unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + written))
                } else {
                    unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
                }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }
}
