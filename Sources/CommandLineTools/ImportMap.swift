internal import JourneyModel

/// How the rows of a CSV file become events: a template for each attribute of the event and each field of its `data`.
///
/// ```json
/// {"source": "/crm/export", "id": "{deal_id}", "type": "sales.opportunity.won", "subject": "opportunity:{deal_id}",
///  "time": "{won_at}", "data": {"opp_id": "{deal_id}", "money": {"minor": "{amount|minor:2}", "ccy": "EUR"}}}
/// ```
package struct ImportMap: Sendable {
    let source: Template<String>
    let id: Template<String>
    let type: Template<String>
    let subject: Template<String>
    let account: Template<String>?
    let time: Template<String>?
    let data: DataShape<String>?

    private static let keys = ["source", "id", "type", "subject", "account", "time", "data"]

    /// Reads a map.
    ///
    /// - Throws: ``ImportFault`` that says which key is missing, unknown or not a template.
    package init(json: Span<UInt8>) throws(ImportFault) {
        let value: JSONValue
        do throws(JSONFault) {
            value = try JSONValue(json)
        } catch {
            throw ImportFault("the map is not JSON: byte \(error.offset): \(error.reason)")
        }
        guard let members = value.members else { throw ImportFault("the map is not a JSON object") }
        for (index, member) in members.enumerated() {
            guard ImportMap.keys.contains(member.name) else {
                throw ImportFault("the map has the unknown key '\(member.name)'; there are \(ImportMap.keys.joined(separator: ", "))")
            }
            guard !members[..<index].contains(where: { $0.name == member.name }) else {
                throw ImportFault("the map has '\(member.name)' twice")
            }
        }
        source = try ImportMap.required("source", of: value)
        id = try ImportMap.required("id", of: value)
        type = try ImportMap.required("type", of: value)
        subject = try ImportMap.required("subject", of: value)
        account = try ImportMap.template("account", of: value)
        time = try ImportMap.template("time", of: value)
        data = try ImportMap.data(of: value)
    }

    /// Ties the map to a file's columns.
    ///
    /// - Throws: ``ImportFault`` that names the first column the file does not have, and those it has.
    package func bind(header: [String]) throws(ImportFault) -> BoundMap {
        try BoundMap(self, header: header)
    }

    private static func required(_ name: String, of value: JSONValue) throws(ImportFault) -> Template<String> {
        guard let template = try template(name, of: value) else { throw ImportFault("the map has no '\(name)'") }
        return template
    }

    private static func template(_ name: String, of value: JSONValue) throws(ImportFault) -> Template<String>? {
        guard let member = value[name] else { return nil }
        guard case .text(let template) = try DataShape(member, at: name) else { throw ImportFault("\(name) is not a template in quotes") }
        return template
    }

    private static func data(of value: JSONValue) throws(ImportFault) -> DataShape<String>? {
        guard let member = value["data"] else { return nil }
        guard member.members != nil else { throw ImportFault("data is not an object") }
        return try DataShape(member, at: "data")
    }
}
