"""Where C code can be changed, and how: the mutants of one file.

The file is split into tokens; bodies of functions are parsed, statement by statement. What is not understood for certain is
left as it is: preprocessor lines, static tables, declarators, labels, assertions. Every place that a rule knows is rewritten so
that the code as it was and the code that is changed both stand there, and the number in sr_mutant chooses:

    if (a < b)    becomes    if ((sr_is(7) ? (a <= b) : (a < b)))
    n++;          becomes    { if (!sr_is(8)) n++; }

Lines keep their numbers."""
import re

TOKEN = re.compile(
    r"""(?P<space>(?:\s|/\*.*?\*/|//[^\n]*|\\\n)+)
      | (?P<string>(?:L|u8|u|U)?"(?:\\.|[^"\\])*")
      | (?P<char>'(?:\\.|[^'\\])*')
      | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<mark>\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)""",
    re.S | re.X)

BASIC = {"void", "char", "short", "int", "long", "float", "double", "signed", "unsigned", "bool", "_Bool", "struct", "union", "enum",
         "const", "volatile", "size_t", "ssize_t", "gboolean", "gsize", "guint", "gint", "gpointer", "gconstpointer"}
OPAQUE = {"static", "extern", "typedef", "goto", "asm", "__asm__"}
ASSERTS = re.compile(r"^(g_assert|assert|G_STATIC_ASSERT|_Static_assert|g_return|g_error|__builtin_unreachable)")
# What they leave out only a counter of memory or a clock sees; va_end() does nothing.
SILENT = re.compile(r"advise|^(g_free|free|va_end|munmap|__builtin_prefetch|madvise)$|(_free|_unref|_prefetch|_foresee)$")
UNCHANGED = {"sizeof", "offsetof", "va_arg", "__builtin_offsetof", "G_STRUCT_OFFSET", "_Alignof", "__builtin_prefetch",
             "__builtin_types_compatible_p"}
LEVELS = [["||"], ["&&"], ["|"], ["^"], ["&"], ["==", "!="], ["<", "<=", ">", ">="], ["<<", ">>"], ["+", "-"], ["*", "/", "%"]]
ARITHMETIC = re.compile(r"^((u?int\d+_t|unsigned|int|bool|size_t|char|long|SrTime|SrSpan)( |$))+$")
ASSIGN = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}
TURNED = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
BOUND = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
OTHER = {"&&": "||", "||": "&&", "+": "-", "-": "+", "+=": "-=", "-=": "+=", "++": "--", "--": "++", "|=": "=", "&=": "="}
NOTHING = re.compile(r"^(0[uUlL]*|false|FALSE|NULL|\w+_(NONE|ABSENT|NEVER)|NOBODY|\w+_NOBODY)$")


class Unclear(Exception):
    """The code is not one of the shapes that are understood."""


class Token:
    __slots__ = ("kind", "text", "before", "line")

    def __init__(self, kind, text, before, line):
        self.kind, self.text, self.before, self.line = kind, text, before, line


def tokens_of(text):
    """Tokens with the white space before each; a preprocessor line is one token. The last is empty."""
    found, before, at, line, fresh = [], "", 0, 1, True
    while at < len(text):
        match = TOKEN.match(text, at)
        kind, piece = match.lastgroup, match.group()
        if kind == "mark" and piece == "#" and fresh:
            piece = re.compile(r"#(?:/\*.*?\*/|\\\n|[^\n])*", re.S).match(text, at).group()
            kind = "directive"
        if kind == "space":
            before += piece
            fresh = fresh or "\n" in piece
        else:
            found.append(Token(kind, piece, before, line))
            before, fresh = "", False
        line += piece.count("\n")
        at += len(piece)
    found.append(Token("end", "", before, line))
    return found


class Node:
    """A piece of an expression: its tokens and smaller pieces in order, and what may stand there instead."""

    def __init__(self, kind, parts):
        self.kind, self.parts, self.others = kind, parts, []

    def plain(self):
        words = [part.plain() if isinstance(part, Node) else part.text for part in self.parts]
        if self.kind in ("binary", "assign", "conditional"):
            return " ".join(words)
        return join(words)

    def first(self):
        part = self.parts[0]
        return part.first() if isinstance(part, Node) else part

    def walk(self):
        yield self
        for part in self.parts:
            if isinstance(part, Node):
                yield from part.walk()

    def pure(self):
        return not any(n.kind in ("call", "step", "assign", "braces") for n in self.walk())

    def emit(self):
        body = "".join(part.emit() if isinstance(part, Node) else part.before + part.text for part in self.parts)
        kept = [m for m in self.others if m.number]
        if not kept:
            return body
        space = self.first().before
        body = body[len(space):]
        for mutant in kept:
            chosen = f"sr_is({mutant.number})"
            if mutant.sees and self.pure():
                chosen = f"sr_sees({mutant.number}, ({mutant.other}) != ({self.plain()}))"
            body = f"({chosen} ? ({mutant.other}) : ({body}))"
        return space + body


def join(words):
    """Text of tokens, on one line: it is shown, compared and compiled."""
    text = ""
    for word in words:
        if text and (text[-1] in ",;}" or word == "{" or (text + word[0])[-2:] in ("--", "++", "&&")
                     or (word[0].isalnum() or word[0] in "_\"'") and (text[-1].isalnum() or text[-1] in "_\"'")):
            text += " "
        text += word
    return text


class Mutant:
    def __init__(self, rule, function, line, before, other, sees=False):
        self.rule, self.function, self.line = rule, function, line
        self.before, self.other, self.sees = before, other, sees
        self.after = other
        self.number = 0


class Parser:
    """The bodies of the functions of one file."""

    def __init__(self, text):
        self.tokens = tokens_of(text)
        self.at = 0
        self.mutants = []
        self.unclear = []
        self.function, self.says_bool, self.types = "", False, {}

    # ---- what all share ----

    def peek(self, ahead=0):
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def take(self, text=None):
        token = self.tokens[self.at]
        if (text is not None and token.text != text) or token.kind in ("end", "directive"):
            raise Unclear(f"line {token.line}: {token.text[:20]!r} instead of {text!r}")
        self.at += 1
        return token

    def closing(self, at):
        """The index of what closes the bracket at @at."""
        pairs, depth = {"(": ")", "[": "]", "{": "}"}, []
        for i in range(at, len(self.tokens)):
            token = self.tokens[i]
            if token.kind == "mark" and token.text in pairs:
                depth.append(pairs[token.text])
            elif token.kind == "mark" and token.text in (")", "]", "}"):
                if not depth or depth.pop() != token.text:
                    raise Unclear(f"line {token.line}: brackets")
                if not depth:
                    return i
        raise Unclear("brackets")

    def add(self, node, rule, other, sees=False, before=None):
        mutant = Mutant(rule, self.function, node.first().line, before or node.plain(), other, sees)
        node.others.append(mutant)
        self.mutants.append(mutant)

    # ---- expressions ----

    def expression(self, stop):
        """An expression with commas up to one of @stop, which stays."""
        parts = [self.assignment()]
        while self.peek().text == "," and "," not in stop:
            parts += [self.take(), self.assignment()]
        if self.peek().text not in stop:
            raise Unclear(f"line {self.peek().line}: {self.peek().text!r} after an expression")
        return parts[0] if len(parts) == 1 else Node("comma", parts)

    def assignment(self):
        left = self.conditional()
        if self.peek().text not in ASSIGN:
            return left
        for node in left.walk():  # what is assigned to stays what it is; its indices may change
            if node.kind != "index":
                node.others = [m for m in node.others if self.drop(m)]
        sign = self.take()
        right = self.assignment()
        node = Node("assign", [left, sign, right])
        if sign.text in OTHER:
            self.add(node, "arithmetic", f"{left.plain()} {OTHER[sign.text]} {right.plain()}")
        return node

    def drop(self, mutant):
        self.mutants.remove(mutant)
        return False

    def conditional(self):
        condition = self.binary(0)
        if self.peek().text != "?":
            return condition
        self.negate(condition)
        parts = [condition, self.take("?"), self.expression([":"]), self.take(":"), self.conditional()]
        return Node("conditional", parts)

    def binary(self, level):
        if level == len(LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.peek().kind == "mark" and self.peek().text in LEVELS[level]:
            sign = self.take()
            right = self.binary(level + 1)
            node = Node("binary", [left, sign, right])
            node.sign = sign.text
            a, b = left.plain(), right.plain()
            if sign.text in TURNED:
                self.add(node, "compare", f"{a} {TURNED[sign.text]} {b}")
            if sign.text in BOUND:
                self.add(node, "bound", f"{a} {BOUND[sign.text]} {b}", sees=True)
            if sign.text in ("&&", "||"):
                self.add(node, "logic", f"({a}) {OTHER[sign.text]} ({b})")
            if sign.text in ("+", "-"):
                self.add(node, "arithmetic", f"{a} {OTHER[sign.text]} {b}", sees=True)
            if sign.text not in ("&&", "||", "|", "&", "^", "==", "!="):
                self.one_more(left)
                self.one_more(right)
            left = node
        return left

    def one_more(self, node):
        """A constant that bounds something: one more."""
        match = node.kind == "number" and re.match(r"(\d+)([uUlL]*)$", node.plain())
        if match and not node.others:
            self.add(node, "constant", f"{int(match[1], 8 if match[1][0] == '0' else 10) + 1}{match[2]}")

    def negate(self, node):
        """A condition that is no comparison: the opposite."""
        bare = node
        while bare.kind == "paren":
            bare = bare.parts[1]
        if bare.kind == "binary" and (bare.sign in TURNED or bare.sign in ("&&", "||")):
            return
        if bare.kind == "number" or bare.plain() in ("true", "false", "TRUE", "FALSE"):
            return
        self.add(node, "condition", f"!({node.plain()})")

    def is_type(self, at):
        """Whether the parenthesis at @at holds the name of a type."""
        end = self.closing(at)
        words = [t.text for t in self.tokens[at + 1:end]]
        while words and words[-1] in ("*", "const"):
            words.pop()
        if not words or not all(re.match(r"[A-Za-z_]\w*$", w) for w in words):
            return False
        return words[0] in BASIC or re.match(r"(u?int\d+_t|__int128|u?intptr_t|(Sr|G)[A-Z]\w*[a-z]\w*|[A-Z][a-z]\w*)$", words[-1]) is not None

    def unary(self):
        token = self.peek()
        if token.text in ("++", "--"):
            sign, inner = self.take(), self.unary()
            node = Node("step", [sign, inner])
            self.add(node, "step", f"{OTHER[sign.text]}{inner.plain()}")
            return node
        if token.text in ("!", "~", "-", "+", "*", "&"):
            sign, inner = self.take(), self.unary()
            if sign.text in ("&", "*"):
                inner.others = [m for m in inner.others if self.drop(m)]
            if sign.text == "-" and inner.kind == "number":
                return Node("negative", [sign, inner])
            return Node("unary", [sign, inner])
        if token.text in UNCHANGED:
            parts = [self.take()]
            if self.peek().text == "(":
                end = self.closing(self.at)
                parts += self.tokens[self.at:end + 1]
                self.at = end + 1
            else:
                parts.append(self.unary())
            return Node("size", parts)
        if token.text == "(" and self.is_type(self.at):
            end = self.closing(self.at)
            parts = self.tokens[self.at:end + 1]
            self.at = end + 1
            if self.peek().text == "{":
                return self.postfix(Node("braces", parts + [self.braces()]))
            return Node("cast", parts + [self.unary()])
        return self.postfix(self.primary())

    def braces(self):
        """The list of an initialiser."""
        parts = [self.take("{")]
        while self.peek().text != "}":
            while self.peek().text in (".", "["):
                if self.peek().text == ".":
                    parts += [self.take(), self.take()]
                else:
                    end = self.closing(self.at)
                    parts += self.tokens[self.at:end + 1]
                    self.at = end + 1
            if self.peek().text == "=":
                parts.append(self.take())
            parts.append(self.braces() if self.peek().text == "{" else self.assignment())
            if self.peek().text == ",":
                parts.append(self.take())
        parts.append(self.take("}"))
        return Node("braces", parts)

    def primary(self):
        token = self.peek()
        if token.text == "(":
            if self.peek(1).text == "{":
                raise Unclear(f"line {token.line}: a statement as an expression")
            return Node("paren", [self.take(), self.expression([")"]), self.take(")")])
        if token.kind == "string":
            parts = [self.take()]
            while self.peek().kind == "string" or re.match(r"[A-Z_0-9]+$", self.peek().text):
                parts.append(self.take())
            return Node("string", parts)
        if token.kind in ("number", "char"):
            return Node(token.kind, [self.take()])
        if token.kind == "name" and token.text not in BASIC - {"bool"}:
            return Node("name", [self.take()])
        raise Unclear(f"line {token.line}: {token.text!r} begins no expression")

    def postfix(self, node):
        while True:
            text = self.peek().text
            if text == "(":
                node = self.call(node)
            elif text == "[":
                inside = Node("index", [])
                opened = self.take()
                inner = self.expression(["]"])
                inside.parts = [opened, inner, self.take("]")]
                node = Node("element", [node, inside])
            elif text in (".", "->"):
                node = Node("member", [node, self.take(), self.take()])
            elif text in ("++", "--"):
                sign = self.take()
                step = Node("step", [node, sign])
                self.add(step, "step", f"{node.plain()}{OTHER[sign.text]}")
                node = step
            else:
                return node

    def call(self, callee):
        name = callee.plain()
        known = len(self.mutants)
        parts, arguments = [callee, self.take("(")], []
        while self.peek().text != ")":
            begins = self.tokens[self.at]
            if begins.text in BASIC:  # the name of a type, as of g_new()
                raise Unclear(f"line {begins.line}: a type as an argument")
            arguments.append(self.assignment())
            parts.append(arguments[-1])
            if self.peek().text == ",":
                parts.append(self.take())
            elif self.peek().text != ")":
                raise Unclear(f"line {self.peek().line}: {self.peek().text!r} in a call")
        parts.append(self.take(")"))
        node = Node("call", parts)
        if name == "__builtin_expect":
            for n in arguments[1].walk():
                n.others = [m for m in n.others if self.drop(m)]
        elif ASSERTS.match(name):
            del self.mutants[known:]
            for n in node.walk():
                n.others = []
        elif name in ("__builtin_add_overflow", "__builtin_mul_overflow"):
            pass  # the order makes no difference
        elif name in ("MIN", "MAX") and len(arguments) == 2:
            other = "MAX" if name == "MIN" else "MIN"
            self.add(node, "bound", f"{other}({arguments[0].plain()}, {arguments[1].plain()})")
        else:
            for i in range(len(arguments) - 1):
                a, b = arguments[i], arguments[i + 1]
                if a.kind == b.kind == "name" and self.alike(a.plain(), b.plain()):
                    swapped = [n.plain() for n in arguments]
                    swapped[i], swapped[i + 1] = swapped[i + 1], swapped[i]
                    self.add(node, "argument", f"{name}({', '.join(swapped)})")
        return node

    def alike(self, a, b):
        """Whether two names may be swapped, as far as their declarations were seen."""
        one, other = self.types.get(a), self.types.get(b)
        return a != b and one is not None and (one == other or bool(ARITHMETIC.match(one) and other and ARITHMETIC.match(other)))

    def declare(self, words, follows=""):
        """`const SrRun *run` and the like; @follows: a bracket, or nothing."""
        if len(words) >= 2 and all(re.match(r"\w+$|\*$", w) for w in words):
            self.types[words[-1]] = " ".join([w for w in words[:-1] if w not in ("const", "volatile")] + [follows] * (follows != ""))

    # ---- statements ----

    def find_bodies(self):
        """Bodies are the braces at the top level that follow a closing parenthesis."""
        out, depth, begins = [], 0, 0
        while self.peek().kind != "end":
            token = self.peek()
            if token.text == "{" and token.kind == "mark":
                head = self.tokens[begins:self.at]
                if self.at and self.is_head(head):
                    out.append(self.body(head))
                else:
                    end = self.closing(self.at)
                    out += [t.before + t.text for t in self.tokens[self.at:end + 1]]
                    self.at = end + 1
                begins = self.at
                continue
            out.append(token.before + token.text)
            self.at += 1
            if token.text == ";" or token.kind == "directive":
                begins = self.at
        out.append(self.peek().before)
        return out

    def is_head(self, head):
        """Whether the tokens before a brace are the head of a function; sets what is known of it."""
        words = [t for t in head if t.kind != "directive"]
        if not words or words[-1].text != ")" or any(t.text == "=" for t in words):
            return False
        depth, opens = 0, None
        for i in range(len(words) - 1, -1, -1):
            depth += (words[i].text == ")") - (words[i].text == "(")
            if depth == 0:
                opens = i
                break
        if not opens or words[opens - 1].kind != "name":
            return False
        self.function = words[opens - 1].text
        self.types, parameter, depth = {}, [], 0
        for token in words[opens + 1:]:
            if token.text in (",", ")") and depth == 0:
                self.declare(parameter)
                parameter = []
                continue
            depth += (token.text == "(") - (token.text == ")")
            parameter.append(token.text)
        returns = [t.text for t in words[:opens - 1]]
        self.says_bool = ("bool" in returns or "gboolean" in returns) and "*" not in returns
        self.says_nothing = "void" in returns and "*" not in returns
        return True

    def body(self, head):
        start, known = self.at, len(self.mutants)
        try:
            end = self.closing(start)
            text = self.block()
            assert self.at == end + 1
            return text
        except Unclear as why:
            self.unclear.append(f"{self.function}: {why}")
            del self.mutants[known:]
            self.at = self.closing(start) + 1
            return "".join(t.before + t.text for t in self.tokens[start:self.at])

    def block(self):
        out = [self.raw("{")]
        while self.peek().text != "}":
            out.append(self.statement())
        out.append(self.raw("}"))
        return Later(out)

    def raw(self, text=None):
        token = self.take(text)
        return token.before + token.text

    def condition(self, negates=True):
        opened = self.raw("(")
        inside = self.expression([")"])
        if negates:
            self.negate(inside)
        return [opened, inside, self.raw(")")]

    def statement(self):
        """One statement, as text or as what becomes text when its mutants have their numbers."""
        token = self.peek()
        if token.kind == "directive":
            self.at += 1
            return token.before + token.text
        if token.text == "{":
            return self.block()
        if token.text == ";":
            return self.raw()
        if token.text in ("if", "while", "switch"):
            parts = [self.raw()] + self.condition(token.text != "switch") + [self.statement()]
            if token.text == "if" and self.peek().text == "else":
                parts += [self.raw(), self.statement()]
            return Later(parts)
        if token.text == "for":
            return self.loop()
        if token.text == "do":
            parts = [self.raw(), self.statement(), self.raw("while")] + self.condition() + [self.raw(";")]
            return Later(parts)
        if token.text in ("case", "default") or (token.kind == "name" and self.peek(1).text == ":"):
            return self.label()
        return self.simple()

    def loop(self):
        parts = [self.raw("for"), self.raw("(")]
        if self.peek().text == ";":
            parts.append(self.raw())
        else:
            parts.append(self.simple(in_head=True))
        if self.peek().text != ";":
            parts.append(self.expression([";"]))
        parts.append(self.raw(";"))
        depth = 0
        while depth or self.peek().text != ")":
            depth += (self.peek().text == "(") - (self.peek().text == ")")
            parts.append(self.raw())
        parts += [self.raw(")"), self.statement()]
        return Later(parts)

    def label(self):
        out = ""
        depth = 0
        while depth or self.peek().text != ":":
            depth += (self.peek().text in "([?") - (self.peek().text in (")", "]", ":"))
            out += self.raw()
        return out + self.raw(":")

    def end_of_simple(self):
        at = self.at
        while self.tokens[at].text != ";":
            token = self.tokens[at]
            if token.kind in ("end", "directive") or token.text == "}":
                raise Unclear(f"line {token.line}: no end of a statement")
            at = self.closing(at) if token.text in ("(", "[", "{") else at
            at += 1
        return at

    def simple(self, in_head=False):
        """A declaration, an expression, a jump. What is not understood is kept."""
        end, start, known = self.end_of_simple(), self.at, len(self.mutants)
        try:
            node = self.understood(end, in_head)
            if self.at != end + 1:
                raise Unclear(f"line {self.peek().line}: {self.peek().text!r} in a statement")
            return node
        except Unclear as why:
            self.unclear.append(f"{self.function}: {why}")
            del self.mutants[known:]
            self.at = end + 1
            return "".join(t.before + t.text for t in self.tokens[start:self.at])

    def as_it_is(self, end):
        text = "".join(t.before + t.text for t in self.tokens[self.at:end + 1])
        self.at = end + 1
        return text

    def understood(self, end, in_head):
        first = self.peek()
        if first.text in OPAQUE or ASSERTS.match(first.text):
            return self.as_it_is(end)
        if first.text == "return":
            return self.returned(end)
        if first.text in ("break", "continue"):
            return self.left_out("omit", first.text + ";", self.as_it_is(end), first.line)
        if self.is_declaration():
            return self.declaration(end)
        if first.text == "(" and self.peek(1).text == "void":
            return self.as_it_is(end)
        node = self.expression([";"])
        text = Later([node, self.raw(";")])
        if in_head:
            if node.kind == "assign":
                self.one_more(node.parts[2])
            return text
        rule = self.rule_to_leave_out(node)
        return self.left_out(rule, node.plain() + ";", text, first.line) if rule else text

    def rule_to_leave_out(self, node):
        if node.kind == "assign":
            value = node.parts[2]
            while value.kind == "assign":
                value = value.parts[2]
            nothing = node.parts[1].text == "=" and NOTHING.match(value.plain())
            empty = value.kind == "braces" and re.search(r"\{( 0)? \}|\{0?\}", value.plain())
            return "reset" if nothing or empty else "omit"
        if node.kind == "call":
            name = node.parts[0].plain()
            if ASSERTS.match(name) or SILENT.search(name):
                return None
            is_reset = re.search(r"(^memset$|_reset|_clear|_forget)", name)
            return "reset" if is_reset else "omit"
        return "omit" if node.kind == "step" else None

    def left_out(self, rule, plain, text, line):
        mutant = Mutant(rule, self.function, line, plain, "")
        mutant.after = "left out"
        self.mutants.append(mutant)
        return Omission(mutant, text)

    def returned(self, end):
        line = self.peek().line
        if self.peek(1).text == ";":
            return self.left_out("omit", "return;", self.as_it_is(end), line)
        word = self.raw("return")
        node = self.expression([";"])
        if node.kind == "number":
            self.one_more(node)
        elif self.says_bool and node.plain() in ("true", "false", "TRUE", "FALSE"):
            self.add(node, "condition", f"!{node.plain()}")
        elif self.says_bool:
            self.negate(node)
        return Later([word, node, self.raw(";")])

    def is_declaration(self):
        first, second = self.peek(), self.peek(1)
        if first.text in BASIC or re.match(r"(u?int\d+_t|__int128|u?intptr_t|g_auto\w+|__attribute__)$", first.text):
            return True
        if first.kind != "name":
            return False
        ahead = 1
        while self.peek(ahead).text in ("*", "const"):
            ahead += 1
        if self.peek(ahead).kind != "name":
            return False
        return ahead == 1 or self.peek(ahead + 1).text in ("=", ";", ",", "[")

    def declaration(self, end):
        """Only what stands on the right of a `=` may change."""
        parts, words = [], []
        while self.at < end:
            token = self.peek()
            if token.text in ("=", ",", "["):
                self.declare(words, "[" * (token.text == "["))
                # Of `Type *a, b` the stars are not b's.
                words = [w for w in words[:-1] if w != "*"] if token.text == "," else []
            elif self.tokens[self.at].kind in ("name", "mark"):
                words.append(token.text)
            if token.text in ("(", "["):
                close = self.closing(self.at)
                parts += [t.before + t.text for t in self.tokens[self.at:close + 1]]
                self.at = close + 1
            elif token.text == "{":
                raise Unclear(f"line {token.line}: a type in a function")
            elif token.text == "=":
                parts.append(self.raw())
                parts.append(self.braces() if self.peek().text == "{" else self.assignment())
            else:
                parts.append(self.raw())
        self.declare(words)
        parts.append(self.raw(";"))
        return Later(parts)


class Later(Node):
    """Text that is made when the mutants that are kept have their numbers."""

    def __init__(self, parts):
        super().__init__("later", parts)

    def emit(self):
        return "".join(p if isinstance(p, str) else p.emit() for p in self.parts)


class Omission:
    def __init__(self, mutant, text):
        self.mutant, self.text = mutant, text

    def emit(self):
        text = self.text if isinstance(self.text, str) else self.text.emit()
        if not self.mutant.number:
            return text
        space = re.match(r"(?:\s|/\*.*?\*/|//[^\n]*|\\\n)*", text, re.S).group()
        return f"{space}{{ if (!sr_is({self.mutant.number})) {text[len(space):]} }}"
