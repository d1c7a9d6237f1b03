// Users import one module. The codec, identifiers, errors and what generated code calls live below it.
@_exported public import MessagePack
@_exported public import RayEngine
@_exported public import RayProtocol
