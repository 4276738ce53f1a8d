# comments.awk -- what Doxygen reads of a public header: its plain comments become Doxygen's.
#
#   the first comment        `name.h -- title: what it holds. ...` makes the header's group; all that follows is in it
#   /* ---- Title ---- ...   begins a section of the group; if a declaration follows at once, its text describes that, too
#   a comment above          describes every declaration down to the next empty line
#   a comment behind         describes what stands before it, down to comments on the following lines alone
#   two blanks more          inside a comment: a table, kept as it is

function escaped(text) {
  gsub(/[\\@<>#&%]/, "\\\\&", text)
  return text
}

# The words of a comment: without its marks, tables kept.
function words(comment,    lines, n, i, line, out, table) {
  sub(/^[ \t]*\/\*+ ?/, "", comment)
  sub(/[ \t]*\*\/[ \t]*$/, "", comment)
  n = split(comment, lines, "\n")
  for (i = 1; i <= n; i++) {
    line = lines[i]
    sub(/^[ \t]*\*/, "", line)
    if (i > 1 && line ~ /^  /) {
      if (!table) out = out "@code{.unparsed}\n"
      table = 1
      out = out line "\n"
    } else {
      if (table) out = out "@endcode\n"
      table = 0
      sub(/^[ \t]+/, "", line)
      out = out escaped(line) "\n"
    }
  }
  return table ? out "@endcode\n" : out
}

function close_section() {
  if (section) print "/** @} */"
  section = 0
}

function capital(text) {
  return toupper(substr(text, 1, 1)) substr(text, 2)
}

# A whole comment that stood on lines of its own; first: it begins the file.
function comment_read(comment, first,    text, title) {
  if (first) {
    text = words(comment)
    sub(/^[^ ]+ -- /, "", text)
    title = text
    sub(/:.*/, "", title)
    sub(/^[^:]*: */, "", text)
    print "/** @file\n@brief " capital(title) ": the group @ref " group "\n*/"
    print "/** @defgroup " group " " capital(title) " (" header ")\n@brief " capital(text) "@{ */"
  } else if (comment ~ /^\/\* ----/) {
    close_section()
    title = comment
    sub(/^\/\* -+ */, "", title)
    text = title
    sub(/ *----.*/, "", title)
    sub(/^[^\n]* ----/, "", text)
    sub(/^[ *\n]*(\*\/)?/, "", text)
    doc = words("/* " text)
    print "/** @name " escaped(title) "\n" doc "*/\n/** @{ */"
    section = 1
    if (doc !~ /[a-z]/) doc = ""
  } else {
    doc = words(comment)
  }
  home = depth
}

# How many more of the one than of the other.
function more(code, opening, closing) {
  return gsub(opening, "", code) - gsub(closing, "", code)
}

FNR == 1 {
  header = FILENAME
  sub(/.*include\//, "", header)
  group = "header_" header
  sub(/\.h$/, "", group)
  gsub(/[^a-z0-9]/, "_", group)
}

inside { # a comment of several lines
  comment = comment "\n" $0
  if (/\*\/[ \t]*$/) {
    inside = 0
    comment_read(comment, first)
  }
  next
}

/^[ \t]*\/\*/ {
  comment = $0
  first = (FNR == 1)
  if (/\*\/[ \t]*$/) comment_read(comment, first)
  else inside = 1
  next
}

/^[ \t]*$/ {
  doc = ""
  print
  next
}

/^[ \t]*#/ && !/^#[ \t]*define/ {
  print
  next
}

/^(extern "C"|namespace .*) \{$/ || /^\} *(\/\*.*)?$/ && depth == 0 {
  close_section()
  print
  next
}

{
  code = $0
  behind = match(code, /[;,{})a-z0-9] *\/\*.*\*\/[ \t]*$/)
  if (behind) {
    text = code
    sub(/^[^\n]*\/\*/, "", text)
    code = substr($0, 1, index($0, "/*") - 1)
    code = code "/**< " escaped(text)
    sub(/\\\*\/$/, "*/", code)
  }
  whole = code
  sub(/\/\*.*/, "", code)
  if (!going && depth == home && doc != "" && !behind && code !~ /^ *(public|protected|private):$/ && code !~ /^[ \t]*\}/) {
    print "/**\n" doc "*/"
  }
  print whole
  depth += more(code, "[{]", "[}]")
  parentheses += more(code, "[(]", "[)]")
  going = depth <= home && (parentheses > 0 || code ~ /\\$/ || (code !~ /^[ \t]*#/ && code !~ /[;,{}:][ \t]*$/))
}

END {
  close_section()
  print "/** @} */"
}
