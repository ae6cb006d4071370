internal import EventLog
internal import JourneyModel

/// `POST /v1/admin/backup`: an archive of the log at one position, over the socket. The daemon opens no file that a client names.
extension ControlInterface {
    /// Answers `{"have": [{"epoch": number, "digest": hexadecimal digits}]}`, which is optional and names sealed epochs that need not come
    /// again, with a tar archive (see ``Backup``). An archive that was cut off lacks its digest.
    ///
    /// - Throws: `invalid-parameter`; `damaged` where an epoch that the client has not got cannot be read.
    func backup(_ body: [UInt8]) throws(Problem) -> Answer {
        let request = try RequestBody(body.isEmpty ? Array("{}".utf8) : body, members: ["have"])
        var known: [Int: String] = [:]
        for member in try request.elements("have") ?? [] {
            guard let members = member.members, members.allSatisfy({ $0.name == "epoch" || $0.name == "digest" }),
                let epoch = member["epoch"]?.integer, epoch > 0, let digest = member["digest"]?.text, digest.utf8.count == 64
            else { throw Problem(.invalidParameter, "an element of \"have\" is not {\"epoch\": 1, \"digest\": \"64 hexadecimal digits\"}") }
            known[epoch] = digest
        }
        let backup: Backup
        do throws(LogError) { backup = try log.backup(having: known) } catch { throw Problem(error) }
        return .pieces(contentType: "application/x-tar") { send in
            // The missing end says that it failed; what failed is told by verify, which names the file.
            try? backup.write(send)
        }
    }
}
