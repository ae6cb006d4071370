/// The OpenAPI document of the control interface: the file of `schemas/`.
package enum OpenAPIDocument {
    /// The document that the program was built with, as JSON; empty where it was built without, which the tests rule out.
    package static let text = EmbeddedSchemas.files.first { $0.path == "openapi.json" }?.text ?? ""
}
