import { describe, expect, test } from 'bun:test';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { COCO_80 } from '../../../nodes/detect/coco.ts';
import { fitLabels, givenNames, labelList, labelsAreNames, parseNames } from '../../../nodes/detect/labels.ts';

const code = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
};

describe('class names as exporters write them', () => {
  const table: [reason: string, text: string, names: string[]][] = [
    ['Python dictionary', "{0: 'person', 1: 'bicycle'}", ['person', 'bicycle']],
    ['Python, quotes of both kinds', `{0: "driver's cab", 1: 'a "b"', 2: 'c\\'d'}`, ["driver's cab", 'a "b"', "c'd"]],
    ['Python list', "['a', 'b',]", ['a', 'b']],
    ['JSON list', '["caf\\u00e9", "b"]', ['café', 'b']],
    ['JSON map', '{"0":"a","1":"b, c: {d}"}', ['a', 'b, c: {d}']],
    ['one a line', 'person\r\ntraffic light\n', ['person', 'traffic light']],
    ['numbers and names a line', '0: person\n1: traffic light', ['person', 'traffic light']],
    ['with commas', 'a, traffic light,c', ['a', 'traffic light', 'c']],
    [
      'JSON, keys sorted as texts',
      '{"0":"a","1":"b","10":"k","2":"c","3":"d","4":"e","5":"f","6":"g","7":"h","8":"i","9":"j"}',
      [...'abcdefghijk'],
    ],
    ['reversed', "{2: 'c', 1: 'b', 0: 'a'}", ['a', 'b', 'c']],
    ['numbers by name', "{'b': 1, 'a (x)': 0}", ['a (x)', 'b']],
    ['tuple', "('a', 'b (c)', 'd')", ['a', 'b (c)', 'd']],
    ['OrderedDict', "OrderedDict([(0, 'a'), (2, 'c'), (1, 'b)')])", ['a', 'b)', 'c']],
    ['OrderedDict of a newer Python', "OrderedDict({0: 'a', 1: 'b'})", ['a', 'b']],
    ['OrderedDict, numbers in quotes', "OrderedDict([('1', 'b'), ('0', 'a')])", ['a', 'b']],
    ['OrderedDict by name', "OrderedDict([('b', 1), ('a', 0)])", ['a', 'b']],
    ['without spaces', `{0:'a',1:"b",2:'c'}`, ['a', 'b', 'c']],
    ['values of a dictionary', "dict_values(['a', 'b'])", ['a', 'b']],
    ['array', "array(['a', 'b'], dtype='<U1')", ['a', 'b']],
    ['texts of Python 2', "{0: u'a', 1: u'b'}", ['a', 'b']],
    ['a list of YAML', '- a\n- traffic light', ['a', 'traffic light']],
    ['a name with brackets', 'drone(x),b', ['drone(x)', 'b']],
    ['defaultdict', "defaultdict(<class 'str'>, {1: 'b', 0: 'a'})", ['a', 'b']],
    ['bytes', '[b\'a\', b"b"]', ['a', 'b']],
    ['below names', '{"names": {"0": "a"}, "nc": 1}', ['a']],
    ['escapes', "{0: 'a\\xa0b', 1: '\\u00f1', 2: '\\U0001f681', 3: 'c\\\\d'}", ['a\xa0b', 'ñ', '\u{1f681}', 'c\\d']],
  ];
  for (const [reason, text, names] of table) test(reason, () => expect(parseNames(text, 'here')).toEqual(names));

  for (const text of [
    "['', 'b']",
    "{0: ' '}",
    'a,,b',
    'a\n\nb',
    "['a', None]",
    "{0: 'a', '0': 'b'}",
    '{0: 1}',
    "{'a': 0, 'b': 0}",
    "[(0, 'a'), (0, 'b')]",
    "set(['a', 'b'])",
    "frozenset({'a', 'b'})",
    "{'a', 'b'}",
  ]) {
    test(`refused: ${text}`, () => expect(code(() => parseNames(text, 'here'))).toStartWith('model_labels_invalid'));
  }

  const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((one) => one.trim() === one && one !== '');
  test('any names come back from JSON and from dictionaries in any order', () => {
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 30 }), fc.func(fc.integer()), (names, key) => {
        expect(parseNames(JSON.stringify(names), 'here')).toEqual(names);
        const entries = names.map((one, number) => [number, one] as const);
        const mixed = entries.toSorted(([a], [b]) => key(a) - key(b));
        const list = mixed.map(([number, one]) => `${number}: ${JSON.stringify(one)}`).join(', ');
        expect(parseNames(`{${list}}`, 'here')).toEqual(names);
      }),
    );
  });

  for (const text of ["{0: 'a', 2: 'b'}", "{1: 'a'}", '[]', '{}', "['a'", "['a' 'b']", '[1, 2]']) {
    test(`refused: ${text}`, () => expect(code(() => parseNames(text, 'here'))).toStartWith('model_labels_invalid'));
  }
});

describe('class names fit the model or are refused', () => {
  test('the option wins over the metadata; a file may be given', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'windhover-labels-')), 'names.txt');
    writeFileSync(file, 'x\ny\n');
    expect(givenNames(file, { names: '["a"]' })?.names).toEqual(['x', 'y']);
    expect(givenNames(['z'], { names: '["a"]' })?.names).toEqual(['z']);
    expect(givenNames(undefined, { names: '["a"]' })?.names).toEqual(['a']);
    expect(givenNames(undefined, { classes: '80', class_names: '["a"]' })?.names).toEqual(['a']);
    expect(code(() => givenNames('/no/such/file', {}))).toStartWith('model_labels_invalid');
  });
  test('names that are all empty are none', () => {
    expect(code(() => fitLabels({ names: ['', ''], source: 'class_names' }, 2))).toStartWith('model_labels_invalid');
  });
  test('COCO is assumed for its own numbers of columns only, and said', () => {
    expect(fitLabels(null, 80)).toMatchObject({ source: 'coco80 (assumed)', assumed: true });
    expect(fitLabels(null, 80).names[0]).toBe('person');
    expect([fitLabels(null, 91).names[1], fitLabels(null, 91).names[90]]).toEqual(['person', 'toothbrush']);
    expect([fitLabels(null, 90).names[0], fitLabels(null, 90).names[89]]).toEqual(['person', 'toothbrush']);
    for (const columns of [1, 79, 81, null])
      expect(code(() => fitLabels(null, columns))).toStartWith('model_labels_missing');
  });
  test.each([
    ['no labels', undefined, 3, false],
    ['COCO names pick from a COCO model', ['person', 'bird'], 80, false],
    ['a word that COCO does not have is a typo', ['persn'], 80, false],
    ['as many as there are classes', COCO_80, 80, true],
    ['no COCO columns: names, whatever they are', ['person', 'car', 'bus'], 3, true],
    ['unknown columns', ['person'], null, true],
  ] as const)('labels as names: %s', (_reason, labels, columns, expected) => {
    expect(labelsAreNames(labels, columns)).toBe(expected);
  });
  test('labels from a list, one word, or a file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'windhover-labels-')), 'names.txt');
    writeFileSync(file, 'drone\nbird\n');
    expect([labelList(undefined), labelList(['a']), labelList('cell phone'), labelList(file)]).toEqual([
      ...[undefined, ['a'], ['cell phone'], ['drone', 'bird']],
    ]);
  });
  test('a wrong number of names: expected and found are said', () => {
    const given = { names: ['a', 'b'], source: 'model' };
    expect(fitLabels(given, 3, true).names).toEqual(['a', 'b', '']);
    expect(code(() => fitLabels(given, 3))).toStartWith('model_label_count');
    expect(code(() => fitLabels(given, 4))).toContain(
      'model_label_count: the class names do not fit the model; expected 4 names, got 2',
    );
    expect(code(() => fitLabels(given, 1))).toStartWith('model_label_count');
  });
});
