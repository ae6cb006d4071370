/// The version of the programs.
package enum Version {
    /// As `--version` and `/v1/status` say it.
    package static let text = "0.1.0"
}
