/// What differs between two configurations, sorted by whether a running daemon can take it.
package struct ChangedSettings: Equatable, Sendable {
    /// Keys whose new values are put in force.
    package let reloadable: [String]
    /// Keys whose new values wait for the next start.
    package let waiting: [String]

    package init(from old: SettingValues, to new: SettingValues) {
        let changed = Setting.all.filter { old[$0].words != new[$0].words }
        reloadable = changed.filter(\.isReloadable).map(\.key)
        waiting = changed.filter { !$0.isReloadable }.map(\.key)
    }
}
