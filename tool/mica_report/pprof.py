"""pprof.py -- a profile in pprof's form: profile.proto of github.com/google/pprof, gzipped, by Debian's python3-protobuf. The numbers
of the fields are that form's."""
import gzip
import os

from mica_report import files
from mica_report.files import Unreadable
from mica_report.symbols import frames_of

# message -> its fields: name, number, type; in brackets: repeated
FIELDS = {
    "ValueType": "type 1 int64, unit 2 int64",
    "Label": "key 1 int64, str 2 int64, num 3 int64, num_unit 4 int64",
    "Sample": "location_id 1 [uint64], value 2 [int64], label 3 [Label]",
    "Mapping": "id 1 uint64, memory_start 2 uint64, memory_limit 3 uint64, file_offset 4 uint64, filename 5 int64, build_id 6 int64, "
               "has_functions 7 bool, has_filenames 8 bool, has_line_numbers 9 bool, has_inline_frames 10 bool",
    "Line": "function_id 1 uint64, line 2 int64",
    "Location": "id 1 uint64, mapping_id 2 uint64, address 3 uint64, line 4 [Line], is_folded 5 bool",
    "Function": "id 1 uint64, name 2 int64, system_name 3 int64, filename 4 int64, start_line 5 int64",
    "Profile": "sample_type 1 [ValueType], sample 2 [Sample], mapping 3 [Mapping], location 4 [Location], function 5 [Function], "
               "string_table 6 [string], drop_frames 7 int64, keep_frames 8 int64, time_nanos 9 int64, duration_nanos 10 int64, "
               "period_type 11 ValueType, period 12 int64, comment 13 [int64], default_sample_type 14 int64",
}
PACKAGE = "perftools.profiles"
VALUES = [("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")]


def message_class():
    """The class Profile."""
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    except ImportError as error:
        raise Unreadable("--pprof needs Python's protobuf (Debian: python3-protobuf)") from error
    form = descriptor_pb2.FileDescriptorProto(name="mica_profile.proto", package=PACKAGE, syntax="proto3")
    for name, fields in FIELDS.items():
        message = form.message_type.add(name=name)
        for text in fields.split(", "):
            label, number, kind = text.split(" ")
            field = message.field.add(name=label, number=int(number))
            field.label = field.LABEL_REPEATED if kind.startswith("[") else field.LABEL_OPTIONAL
            kind = kind.strip("[]")
            if kind in FIELDS:
                field.type, field.type_name = field.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
            else:
                field.type = getattr(field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(form)
    descriptor = pool.FindMessageTypeByName(f"{PACKAGE}.Profile")
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


class Builder:
    def __init__(self):
        self.profile = message_class()()
        self.strings, self.functions, self.locations, self.mappings = {}, {}, {}, {}
        self.string("")
        for name, unit in VALUES:
            self.profile.sample_type.add(type=self.string(name), unit=self.string(unit))
        self.profile.default_sample_type = self.string("inuse_space")
        self.profile.period_type.type, self.profile.period_type.unit = self.string("space"), self.string("bytes")

    def string(self, text):
        if text not in self.strings:
            self.strings[text] = len(self.strings)
            self.profile.string_table.append(text)
        return self.strings[text]

    def mapping(self, path):
        if path not in self.mappings:
            self.mappings[path] = len(self.mappings) + 1
            self.profile.mapping.add(id=self.mappings[path], filename=self.string(path), memory_limit=1 << 47, has_functions=True,
                                     has_filenames=True, has_line_numbers=True, has_inline_frames=True)
        return self.mappings[path]

    def function(self, frame):
        key = (frame.function, frame.file)
        if key not in self.functions:
            self.functions[key] = len(self.functions) + 1
            name = self.string(frame.function)
            self.profile.function.add(id=self.functions[key], name=name, system_name=name, filename=self.string(frame.file))
        return self.functions[key]

    def location(self, place):
        if place not in self.locations:
            self.locations[place] = len(self.locations) + 1
            location = self.profile.location.add(id=self.locations[place], address=place.address)
            if place.path:
                location.mapping_id = self.mapping(place.path)
            for frame in frames_of(place):
                location.line.add(function_id=self.function(frame), line=frame.line)
        return self.locations[place]

    def sample(self, stack, sums):
        sample = self.profile.sample.add()
        sample.location_id.extend(self.location(place) for place in stack)
        sample.value.extend([sums.count, sums.bytes, sums.live_count, sums.live_bytes])


def write(path, profile):
    builder = Builder()
    for stack, sums in profile.stacks.items():
        builder.sample(stack, sums)
    try:
        with files.writing(path) as file, gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as zipped:
            zipped.write(builder.profile.SerializeToString())
    except OSError as error:
        raise Unreadable(f"{path}: {os.strerror(error.errno)}") from error
