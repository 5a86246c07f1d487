/**
 * Dockerfile, as BuildKit's front end splits it.
 *
 * Every token comes from the external scanner (src/scanner.c), for what a byte means depends on more than a context-free
 * grammar knows: the escape directive, joined lines, whether the rest of the line is valid JSON, and the heredocs that
 * were announced before. The rules below accept every sequence that the scanner can produce: no text gives an ERROR
 * node, and what is wrong in a file is for the checks to say.
 *
 * Lines are joined: `line_continuation` and the comments between the pieces are extras. Blanks are tokens (`_blank`),
 * since pieces of one word may be joined without any: `a\⏎b` is one word.
 */

const INSTRUCTIONS = [
  'add', 'arg', 'cmd', 'copy', 'entrypoint', 'env', 'expose', 'from', 'healthcheck', 'label', 'maintainer', 'onbuild',
  'run', 'shell', 'stopsignal', 'user', 'volume', 'workdir',
];

// KEYWORD, flags, then what the instruction has.
const instruction = ($, name, ...body) =>
  seq(field('keyword', alias($[`_${name}`], $.keyword)), repeat(choice($._blank, $.flag, $._flags_end)), ...body);

const arguments_ = ($, ...form) => optional(seq($._begin, ...form));

const heredocs = ($) => repeat(seq($._eol_heredoc, $.heredoc));

// Blanks may also end the list: before a continuation that nothing follows.
const separated = ($, rule) => seq(rule, repeat(choice($._blank, seq($._blank, rule))));

module.exports = grammar({
  name: 'dockerfile',

  // In the order of `enum Symbol` in src/scanner.c.
  externals: ($) => [
    $.line_continuation,
    $.comment,
    $._blank_line,
    $._blank,
    $._eol,
    $._eol_heredoc,  // the same when heredoc bodies follow
    $._begin,        // empty: the arguments begin here, and the scanner has decided which form they have
    $._begin_legacy, // the same for "ENV key value"
    $._directive_mark,
    $.directive_name,
    $.directive_value,
    $._equals,
    $._comma,
    $._colon,
    $._at,
    $._flag_mark,
    $._flags_end,  // a lone "--"
    $.flag_name,
    $.option_name,
    $._text,
    $._double_quote,
    $._single_quote,
    $._unterminated,  // empty: the line or the file ends inside a string or heredoc
    $._dollar,
    $._dollar_brace,
    $.variable_name,
    $.variable_modifier,
    $.variable_operand,
    $._close_brace,
    $._open_bracket,
    $._close_bracket,
    $._json_quote,
    $._json_text,
    $.escape_sequence,
    $.heredoc_marker,
    $.heredoc_body,
    $.heredoc_end,
    $._as,
    $.healthcheck_type,
    ...INSTRUCTIONS.map((name) => $[`_${name}`]),
    $._unknown,
  ],

  extras: ($) => [$.line_continuation, $.comment, $._blank_line],

  supertypes: ($) => [$.instruction],

  rules: {
    source_file: ($) => repeat(seq(choice($.directive, $.instruction), $._eol)),

    directive: ($) =>
      seq(
        alias($._directive_mark, '#'),
        field('name', $.directive_name),
        alias($._equals, '='),
        field('value', $.directive_value),
      ),

    instruction: ($) =>
      choice(...INSTRUCTIONS.map((name) => $[`${name}_instruction`]), $.unknown_instruction),

    add_instruction: ($) => instruction($, 'add', arguments_($, $._paths), heredocs($)),
    copy_instruction: ($) => instruction($, 'copy', arguments_($, $._paths), heredocs($)),
    volume_instruction: ($) => instruction($, 'volume', arguments_($, $._paths)),
    expose_instruction: ($) => instruction($, 'expose', arguments_($, $._words)),
    run_instruction: ($) => instruction($, 'run', arguments_($, $._command), heredocs($)),
    cmd_instruction: ($) => instruction($, 'cmd', arguments_($, $._command)),
    entrypoint_instruction: ($) => instruction($, 'entrypoint', arguments_($, $._command)),
    shell_instruction: ($) => instruction($, 'shell', arguments_($, $._command)),
    arg_instruction: ($) => instruction($, 'arg', arguments_($, $._pairs)),
    env_instruction: ($) => instruction($, 'env', optional($._environment)),
    label_instruction: ($) => instruction($, 'label', optional($._environment)),
    workdir_instruction: ($) => instruction($, 'workdir', arguments_($, field('path', alias($._whole, $.text)))),
    stopsignal_instruction: ($) => instruction($, 'stopsignal', arguments_($, field('signal', alias($._whole, $.text)))),
    maintainer_instruction: ($) => instruction($, 'maintainer', arguments_($, field('name', alias($._whole, $.text)))),
    unknown_instruction: ($) => instruction($, 'unknown', arguments_($, alias($._whole, $.text))),
    onbuild_instruction: ($) => instruction($, 'onbuild', optional($.instruction)),

    from_instruction: ($) =>
      instruction(
        $,
        'from',
        arguments_(
          $,
          field('image', $.image),
          repeat(choice($._blank, seq($._blank, choice($._alias, $.word)))),
        ),
      ),

    // The scanner takes "as" for the keyword only if a word follows.
    _alias: ($) => seq(alias($._as, $.as), repeat1($._blank), field('alias', alias($.word, $.stage_name))),

    // registry:5000/name:tag@digest
    image: ($) =>
      choice(
        seq(field('name', $.image_name), optional($._image_tag), optional($._image_digest)),
        seq($._image_tag, optional($._image_digest)),
        $._image_digest,
      ),
    image_name: ($) => repeat1($._part),
    image_tag: ($) => repeat1($._part),
    image_digest: ($) => repeat1($._part),
    _image_tag: ($) => seq(alias($._colon, ':'), optional(field('tag', $.image_tag))),
    _image_digest: ($) => seq(alias($._at, '@'), optional(field('digest', $.image_digest))),

    user_instruction: ($) =>
      instruction(
        $,
        'user',
        arguments_(
          $,
          choice(
            seq(field('user', alias($._whole, $.text)), optional($._user_group)),
            $._user_group,
          ),
        ),
      ),
    _user_group: ($) => seq(alias($._colon, ':'), optional(field('group', alias($._whole, $.text)))),

    healthcheck_instruction: ($) =>
      instruction(
        $,
        'healthcheck',
        optional(
          seq(
            $._begin,
            field('type', $.healthcheck_type),
            repeat($._blank),
            optional(seq($._begin, $._command)),
          ),
        ),
      ),

    flag: ($) =>
      seq(
        alias($._flag_mark, '--'),
        optional(field('name', $.flag_name)),
        optional(seq(alias($._equals, '='), optional(choice(field('value', $.value), $._options)))),
      ),
    _options: ($) => repeat1(choice($.option, alias($._comma, ','))),
    option: ($) =>
      seq(field('name', $.option_name), optional(seq(alias($._equals, '='), optional(field('value', $.value))))),

    _command: ($) => choice($._json, $.shell_command),
    _paths: ($) => choice($._json, $._words),
    _json: ($) => seq($.json_array, repeat($._blank)),
    _words: ($) => separated($, choice($.word, seq($.heredoc_marker, optional($.word)))),
    _pairs: ($) => separated($, $.pair),

    shell_command: ($) => repeat1(choice($._text, $.heredoc_marker)),
    word: ($) => repeat1($._part),
    _whole: ($) => repeat1($._part),

    // key=value, or key alone
    pair: ($) => choice(seq(field('key', $.key), optional($._pair_value)), $._pair_value),
    _pair_value: ($) => seq(alias($._equals, '='), optional(field('value', $.value))),
    _environment: ($) =>
      choice(seq($._begin, $._pairs), seq($._begin_legacy, alias($.legacy_pair, $.pair))),
    legacy_pair: ($) => 
      seq(field('key', $.key), optional(seq(repeat1($._blank), optional(field('value', alias($._whole, $.value)))))),
    key: ($) => repeat1($._part),
    value: ($) => repeat1($._part),

    _part: ($) => choice($._text, $.variable, $.double_quoted_string, $.single_quoted_string),

    double_quoted_string: ($) =>
      seq(
        alias($._double_quote, '"'),
        repeat(choice($._text, $.variable)),
        choice(alias($._double_quote, '"'), $._unterminated),
      ),
    single_quoted_string: ($) =>
      seq(
        alias($._single_quote, "'"),
        repeat($._text),
        choice(alias($._single_quote, "'"), $._unterminated),
      ),

    variable: ($) =>
      choice(
        seq(alias($._dollar, '$'), field('name', $.variable_name)),
        seq(
          alias($._dollar_brace, '${'),
          field('name', $.variable_name),
          optional(
            seq(field('modifier', $.variable_modifier), repeat(field('operand', $.variable_operand))),
          ),
          alias($._close_brace, '}'),
        ),
      ),

    json_array: ($) =>
      seq(
        alias($._open_bracket, '['),
        repeat(choice($._blank, $.json_string, alias($._comma, ','))),
        alias($._close_bracket, ']'),
      ),
    json_string: ($) =>
      seq(
        alias($._json_quote, '"'),
        repeat(choice($._json_text, $.escape_sequence)),
        alias($._json_quote, '"'),
      ),

    heredoc: ($) => seq(optional($.heredoc_body), choice($.heredoc_end, $._unterminated)),
  },
});
