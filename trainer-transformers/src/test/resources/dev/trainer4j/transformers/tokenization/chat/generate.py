# What apply_chat_template of transformers 5.18 makes with the small tokenizers beside this folder:
#   python generate.py      writes golden.json
import json, os, shutil, tempfile
os.environ['HF_HUB_OFFLINE'] = '1'
from transformers import PreTrainedTokenizerFast

here = os.path.dirname(os.path.abspath(__file__))
TEMPLATES = {
    'plain': "{{ bos_token }}{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + eos_token }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}",
    'generation': "{{ bos_token }}{% for m in messages %}{{ m.role }}:{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{{ eos_token }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}\n{% endfor %}",
    'stripping': "{% for m in messages %}[{{ m.role }}] {{ (m.content if m.content is string else m.content[-1].text)|trim }}{{ eos_token }}{% endfor %}",
    'everything': "{{ tools|tojson if tools else '' }}{% for d in documents or [] %}{{ d.title }}{% endfor %}{{ bos_token }}{{ mood }}{% for m in messages %}{{ m.role ~ m.content ~ (m.reasoning_content or '') }}{% endfor %}{{ add_generation_prompt }}",
}
M = lambda *pairs: [dict(role=r, content=c) for r, c in pairs]
CHATS = {
    'short': M(('user', 'In Milan?'), ('assistant', 'Yes, in Milan.')),
    'long': M(('system', 'Be terse 😀.'), ('user', 'Is Oslo  far away?'), ('assistant', 'No 😀 it is not.'), ('user', 'é ü 日本'), ('assistant', 'Really? \n')),
    'parts': [dict(role='user', content='Hi'), dict(role='assistant', content=[dict(type='text', text='one'), dict(type='text', text=' two  ')])],
}
TOOLS = [dict(type='function', function=dict(name='f', parameters=dict(type='object', properties={})))]
OPTIONS = [
    ('plain', 'short', {}), ('plain', 'short', dict(add_generation_prompt=True)), ('plain', 'long', {}), ('plain', 'long', dict(truncation=True, max_length=9)),
    ('plain', 'long', dict(continue_final_message=True)), ('stripping', 'long', dict(continue_final_message=True)), ('stripping', 'parts', dict(continue_final_message=True)),
    ('generation', 'short', dict(return_assistant_tokens_mask=True)), ('generation', 'long', dict(return_assistant_tokens_mask=True)),
    ('generation', 'long', dict(return_assistant_tokens_mask=True, truncation=True, max_length=30)),
    ('everything', 'short', {}), ('everything', 'short', dict(tools=TOOLS, documents=[dict(title='T', text='x')], mood='glad', eos_token='!', bos_token='B')),
    ('everything', 'short', dict(mood=None)),
]
cases = []
for name in ['bytebpe', 'roberta', 'unigram', 'wordpiece']:
    tokenizer = PreTrainedTokenizerFast.from_pretrained(os.path.join(here, '..', name))
    for template, chat, options in OPTIONS:
        if tokenizer.eos_token is None: options = {**dict(bos_token='[CLS]', eos_token='[SEP]'), **options}
        # Cut at the left, the reference marks nothing behind the first answer that is gone.
        if tokenizer.truncation_side == 'left' and 'truncation' in options: options = {k: v for k, v in options.items() if k != 'return_assistant_tokens_mask'}
        text = tokenizer.apply_chat_template(CHATS[chat], chat_template=TEMPLATES[template], tokenize=False, **{k: v for k, v in options.items() if k != 'return_assistant_tokens_mask'})
        out = tokenizer.apply_chat_template(CHATS[chat], chat_template=TEMPLATES[template], **options)
        cases.append(dict(tokenizer=name, template=template, chat=chat, options=options, text=text, ids=out['input_ids'], mask=out.get('assistant_masks')))

# Which template is taken, of files and of the configuration.
choices = []
LAYOUTS = [
    dict(config=None, files={}), dict(config='C', files={}), dict(config=[dict(name='default', template='C'), dict(name='tool_use', template='T')], files={}),
    dict(config=[dict(name='rag', template='R')], files={}), dict(config=[dict(name='tool_use', template='T')], files={}),
    dict(config='C', files={'chat_template.jinja': 'F'}), dict(config=[dict(name='tool_use', template='T')], files={'chat_template.jinja': 'F'}),
    dict(config=None, files={'chat_template.jinja': 'F', 'additional_chat_templates/tool_use.jinja': 'A', 'additional_chat_templates/note.txt': 'N'}),
    dict(config='C', files={'additional_chat_templates/rag.jinja': 'A'}),
]
for layout in LAYOUTS:
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(here, '..', 'wordpiece')
        shutil.copy(os.path.join(source, 'tokenizer.json'), folder)
        config = json.load(open(os.path.join(source, 'tokenizer_config.json')))
        if layout['config'] is not None: config['chat_template'] = layout['config']
        json.dump(config, open(os.path.join(folder, 'tokenizer_config.json'), 'w'))
        for file, text in layout['files'].items():
            os.makedirs(os.path.dirname(os.path.join(folder, file)), exist_ok=True)
            open(os.path.join(folder, file), 'w').write(text)
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
        for given in [None, 'default', 'tool_use', 'rag', '{{ 1 }}']:
            for tools in [None, TOOLS]:
                try: chosen = tokenizer.get_chat_template(given, tools)
                except ValueError: chosen = None
                choices.append(dict(layout, given=given, tools=tools is not None, chosen=chosen))
json.dump(dict(templates=TEMPLATES, chats=CHATS, tools=TOOLS, cases=cases, choices=choices), open(os.path.join(here, 'golden.json'), 'w'), ensure_ascii=False, indent=0)
print(len(cases), len(choices))
