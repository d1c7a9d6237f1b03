#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A `PyObject *`, or whatever else Python points to.
typealias PythonPointer = UnsafeMutableRawPointer

/// The functions of CPython that are called, looked up by name at run time: no headers, no link, one binary for every CPython.
///
/// All are in the stable ABI or have been exported with this signature since Python 3.9.
struct PythonAPI: @unchecked Sendable {
  // Sendable: addresses of functions, set once.
  typealias Object = PythonPointer?

  // Life
  let setProgramName: @convention(c) (UnsafePointer<wchar_t>) -> Void
  let initialize: @convention(c) (CInt) -> Void
  let isInitialized: @convention(c) () -> CInt

  // Threads
  let ensureGIL: @convention(c) () -> CInt
  let clearThread: @convention(c) (Object) -> Void
  let deleteCurrentThread: @convention(c) () -> Void
  let saveThread: @convention(c) () -> Object
  let restoreThread: @convention(c) (Object) -> Void

  // Errors
  let checkSignals: @convention(c) () -> CInt
  let errorOccurred: @convention(c) () -> Object
  let fetchError:
    @convention(c) (UnsafeMutablePointer<Object>, UnsafeMutablePointer<Object>, UnsafeMutablePointer<Object>) -> Void
  let normalizeError:
    @convention(c) (UnsafeMutablePointer<Object>, UnsafeMutablePointer<Object>, UnsafeMutablePointer<Object>) -> Void
  let restoreError: @convention(c) (Object, Object, Object) -> Void
  let clearError: @convention(c) () -> Void
  let setError: @convention(c) (Object, UnsafePointer<CChar>) -> Void
  let setTraceback: @convention(c) (Object, Object) -> CInt

  // Objects
  let retain: @convention(c) (Object) -> Void
  let release: @convention(c) (Object) -> Void
  let importModule: @convention(c) (UnsafePointer<CChar>) -> Object
  let addModule: @convention(c) (UnsafePointer<CChar>) -> Object
  let attribute: @convention(c) (Object, UnsafePointer<CChar>) -> Object
  let setAttribute: @convention(c) (Object, UnsafePointer<CChar>, Object) -> CInt
  let call: @convention(c) (Object, Object) -> Object
  let callWithKeywords: @convention(c) (Object, Object, Object) -> Object
  let vectorcall: @convention(c) (Object, UnsafePointer<Object>?, UInt, Object) -> Object
  let text: @convention(c) (Object) -> Object
  let isTrue: @convention(c) (Object) -> CInt
  let type: @convention(c) (Object) -> Object
  let isSubtype: @convention(c) (Object, Object) -> CInt
  let makeFunction: @convention(c) (PythonPointer, Object, Object) -> Object

  // Numbers and strings
  let makeLong: @convention(c) (Int64) -> Object
  let makeUnsignedLong: @convention(c) (UInt64) -> Object
  let long: @convention(c) (Object) -> Int64
  let unsignedLong: @convention(c) (Object) -> UInt64
  let makeFloat: @convention(c) (Double) -> Object
  let float: @convention(c) (Object) -> Double
  let makeBool: @convention(c) (CLong) -> Object
  let makeString: @convention(c) (UnsafePointer<CChar>?, Int) -> Object
  let stringBytes: @convention(c) (Object, UnsafeMutablePointer<Int>) -> UnsafePointer<CChar>?
  let makeBytes: @convention(c) (UnsafePointer<CChar>?, Int) -> Object
  let bytes: @convention(c) (Object) -> UnsafeMutablePointer<CChar>?
  let byteCount: @convention(c) (Object) -> Int

  // Containers
  let makeTuple: @convention(c) (Int) -> Object
  let setTupleItem: @convention(c) (Object, Int, Object) -> CInt
  let tupleItem: @convention(c) (Object, Int) -> Object
  let tupleCount: @convention(c) (Object) -> Int
  let makeList: @convention(c) (Int) -> Object
  let setListItem: @convention(c) (Object, Int, Object) -> CInt
  let listItem: @convention(c) (Object, Int) -> Object
  let listCount: @convention(c) (Object) -> Int
  let makeDictionary: @convention(c) () -> Object
  let setDictionaryItem: @convention(c) (Object, Object, Object) -> CInt
  let nextDictionaryItem:
    @convention(c) (Object, UnsafeMutablePointer<Int>, UnsafeMutablePointer<Object>, UnsafeMutablePointer<Object>) -> CInt
  let sequenceItem: @convention(c) (Object, Int) -> Object
  let count: @convention(c) (Object) -> Int

  // Buffers
  /// The second argument points to a ``PythonBufferView``.
  let getBuffer: @convention(c) (Object, UnsafeMutableRawPointer, CInt) -> CInt
  let releaseBuffer: @convention(c) (UnsafeMutableRawPointer) -> Void
  let makeMemoryView: @convention(c) (UnsafeMutablePointer<CChar>?, Int, CInt) -> Object
  let memoryView: @convention(c) (Object) -> Object

  // Types
  let makeType: @convention(c) (UnsafeMutableRawPointer) -> Object
  let allocate: @convention(c) (Object, Int) -> Object
  let free: @convention(c) (Object) -> Void

  // Well-known objects
  let none: PythonPointer
  let bytesType: PythonPointer
  let boolType: PythonPointer
  let longType: PythonPointer
  let floatType: PythonPointer
  let stringType: PythonPointer
  let listType: PythonPointer
  let tupleType: PythonPointer
  let dictionaryType: PythonPointer
  let runtimeError: PythonPointer
  let keyboardInterrupt: PythonPointer
}

/// CPython's `Py_buffer`, part of the stable ABI since 3.11 and unchanged since 3.0.
struct PythonBufferView {
  var start: UnsafeMutableRawPointer?
  var object: PythonPointer?
  var count = 0
  var itemSize = 0
  var isReadOnly: CInt = 0
  var dimensionCount: CInt = 0
  var format: UnsafeMutablePointer<CChar>?
  var shape: UnsafeMutablePointer<Int>?
  var strides: UnsafeMutablePointer<Int>?
  var suboffsets: UnsafeMutablePointer<Int>?
  var internalState: UnsafeMutableRawPointer?
}

extension PythonAPI {
  /// Looks every name up in `handle`; throws the first name that is missing.
  init(_ handle: UnsafeMutableRawPointer?) throws(MissingSymbol) {
    func find(_ name: String) throws(MissingSymbol) -> UnsafeMutableRawPointer {
      guard let address = dlsym(handle, name) else { throw MissingSymbol(name: name) }
      return address
    }
    func function<F>(_ name: String, as type: F.Type = F.self) throws(MissingSymbol) -> F {
      unsafeBitCast(try find(name), to: F.self)
    }
    /// Exceptions are pointers to objects; types and None are the objects themselves.
    func object(behind name: String) throws(MissingSymbol) -> PythonPointer {
      try find(name).load(as: PythonPointer.self)
    }
    setProgramName = try function("Py_SetProgramName")
    initialize = try function("Py_InitializeEx")
    isInitialized = try function("Py_IsInitialized")
    ensureGIL = try function("PyGILState_Ensure")
    clearThread = try function("PyThreadState_Clear")
    deleteCurrentThread = try function("PyThreadState_DeleteCurrent")
    saveThread = try function("PyEval_SaveThread")
    restoreThread = try function("PyEval_RestoreThread")
    checkSignals = try function("PyErr_CheckSignals")
    errorOccurred = try function("PyErr_Occurred")
    fetchError = try function("PyErr_Fetch")
    normalizeError = try function("PyErr_NormalizeException")
    restoreError = try function("PyErr_Restore")
    clearError = try function("PyErr_Clear")
    setError = try function("PyErr_SetString")
    setTraceback = try function("PyException_SetTraceback")
    retain = try function("Py_IncRef")
    release = try function("Py_DecRef")
    importModule = try function("PyImport_ImportModule")
    addModule = try function("PyImport_AddModule")
    attribute = try function("PyObject_GetAttrString")
    setAttribute = try function("PyObject_SetAttrString")
    call = try function("PyObject_CallObject")
    callWithKeywords = try function("PyObject_Call")
    vectorcall = try function("PyObject_Vectorcall")
    text = try function("PyObject_Str")
    isTrue = try function("PyObject_IsTrue")
    type = try function("PyObject_Type")
    isSubtype = try function("PyType_IsSubtype")
    makeFunction = try function("PyCFunction_NewEx")
    makeLong = try function("PyLong_FromLongLong")
    makeUnsignedLong = try function("PyLong_FromUnsignedLongLong")
    long = try function("PyLong_AsLongLong")
    unsignedLong = try function("PyLong_AsUnsignedLongLong")
    makeFloat = try function("PyFloat_FromDouble")
    float = try function("PyFloat_AsDouble")
    makeBool = try function("PyBool_FromLong")
    makeString = try function("PyUnicode_FromStringAndSize")
    stringBytes = try function("PyUnicode_AsUTF8AndSize")
    makeBytes = try function("PyBytes_FromStringAndSize")
    bytes = try function("PyBytes_AsString")
    byteCount = try function("PyBytes_Size")
    makeTuple = try function("PyTuple_New")
    setTupleItem = try function("PyTuple_SetItem")
    tupleItem = try function("PyTuple_GetItem")
    tupleCount = try function("PyTuple_Size")
    makeList = try function("PyList_New")
    setListItem = try function("PyList_SetItem")
    listItem = try function("PyList_GetItem")
    listCount = try function("PyList_Size")
    makeDictionary = try function("PyDict_New")
    setDictionaryItem = try function("PyDict_SetItem")
    nextDictionaryItem = try function("PyDict_Next")
    sequenceItem = try function("PySequence_GetItem")
    count = try function("PyObject_Size")
    getBuffer = try function("PyObject_GetBuffer")
    releaseBuffer = try function("PyBuffer_Release")
    makeMemoryView = try function("PyMemoryView_FromMemory")
    memoryView = try function("PyMemoryView_FromObject")
    makeType = try function("PyType_FromSpec")
    allocate = try function("PyType_GenericAlloc")
    free = try function("PyObject_Free")
    none = try find("_Py_NoneStruct")
    bytesType = try find("PyBytes_Type")
    boolType = try find("PyBool_Type")
    longType = try find("PyLong_Type")
    floatType = try find("PyFloat_Type")
    stringType = try find("PyUnicode_Type")
    listType = try find("PyList_Type")
    tupleType = try find("PyTuple_Type")
    dictionaryType = try find("PyDict_Type")
    runtimeError = try object(behind: "PyExc_RuntimeError")
    keyboardInterrupt = try object(behind: "PyExc_KeyboardInterrupt")
  }

  struct MissingSymbol: Error { var name: String }
}
