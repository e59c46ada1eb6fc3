# Templates in the manner of the common families, and what the reference's environment makes of them:
#   python generate_templates.py      with transformers 5 and jinja2 3.1; writes templates.json
import json, os
from datetime import datetime
os.environ['HF_HUB_OFFLINE'] = '1'
from transformers.utils.chat_template_utils import _compile_jinja_template, _render_with_assistant_indices

T = {}
T['chatml'] = """{%- for message in messages %}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{% endif %}"""
T['chatml-generation'] = """{% for m in messages %}
    {%- if m['role'] == 'assistant' %}
        {{- '<|im_start|>assistant\\n' }}
        {%- generation %}
        {{- m['content'] + '<|im_end|>' }}
        {%- endgeneration %}
        {{- '\\n' }}
    {%- else %}
        {{- '<|im_start|>' ~ m.role ~ '\\n' ~ m.content ~ '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}"""
T['chatml-tools-thinking'] = """{%- set ns = namespace(last=messages|length - 1, seen=false) %}
{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages and messages[0].role == 'system' %}{{- messages[0].content + '\\n\\n' }}{%- endif %}
    {{- '# Tools\\n<tools>' }}
    {%- for tool in tools %}
        {{- '\\n' }}{{- tool | tojson }}
    {%- endfor %}
    {{- '\\n</tools><|im_end|>\\n' }}
{%- elif messages and messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- for m in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if not ns.seen and m.role == 'user' and m.content is string and not (m.content.startswith('<tool>') and m.content.endswith('</tool>')) %}
        {%- set ns.seen = true %}{%- set ns.last = index %}
    {%- endif %}
{%- endfor %}
{%- for m in messages %}
    {%- set content = m.content if m.content is string else '' %}
    {%- if m.role == 'assistant' %}
        {%- set thought = '' %}
        {%- if m.reasoning_content is string %}
            {%- set thought = m.reasoning_content %}
        {%- elif '</think>' in content %}
            {%- set thought = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {{- '<|im_start|>assistant\\n' }}
        {%- if loop.index0 > ns.last and (loop.last or thought) %}{{- '<think>\\n' + thought.strip('\\n') + '\\n</think>\\n\\n' }}{%- endif %}
        {{- content }}
        {%- for call in m.tool_calls or [] %}
            {%- if call.function %}{%- set call = call.function %}{%- endif %}
            {{- '\\n<call>{"name": "' ~ call.name ~ '", "arguments": ' }}
            {%- if call.arguments is string %}{{- call.arguments }}{%- else %}{{- call.arguments | tojson }}{%- endif %}
            {{- '}</call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- elif m.role == 'tool' %}
        {%- if loop.first or loop.previtem.role != 'tool' %}{{- '<|im_start|>user' }}{%- endif %}
        {{- '\\n<tool>\\n' + content + '\\n</tool>' }}
        {%- if loop.last or loop.nextitem.role != 'tool' %}{{- '<|im_end|>\\n' }}{%- endif %}
    {%- elif not (m.role == 'system' and loop.first) %}
        {{- '<|im_start|>' + m.role + '\\n' + content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}
{%- endif %}"""
T['headers-tools-date'] = """{{- bos_token }}
{%- if not date_string is defined %}{%- set date_string = strftime_now("%d %b %Y") %}{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}{%- set system_message = "" %}{%- endif %}
{{- "<|start|>system<|end|>\\n\\nToday: " + date_string + "\\n\\n" }}
{%- if tools is not none %}
    {%- for t in tools %}{{- t | tojson(indent=4) }}{{- "\\n\\n" }}{%- endfor %}
{%- endif %}
{{- system_message }}{{- "<|eot|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start|>' + message['role'] + '<|end|>\\n\\n'+ message['content'] | trim + '<|eot|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}{{- raise_exception("One call at a time!") }}{%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {{- '<|start|>assistant<|end|>\\n\\n{"name": "' + tool_call.name + '", "parameters": ' }}{{- tool_call.arguments | tojson }}{{- "}<|eot|>" }}
    {%- else %}
        {{- "<|start|>tool<|end|>\\n\\n" }}
        {%- if message.content is mapping or message.content is iterable %}{{- message.content | tojson }}{%- else %}{{- message.content }}{%- endif %}
        {{- "<|eot|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start|>assistant<|end|>\\n\\n' }}{%- endif %}
"""
T['inst-alternating'] = """{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if loop.index0 == 0 and system != false %}{% set content = '<<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"""
T['inst-tool-ids'] = """{%- set user_messages = messages | selectattr("role", "equalto", "user") | list %}
{%- for message in messages | rejectattr("tool_calls", "defined") | rejectattr("role", "in", ["tool", "system"]) %}
    {%- if (message["role"] == "user") != (loop.index0 % 2 == 0) %}{{- raise_exception("must alternate") }}{%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in messages %}
    {%- if message.role == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[TOOLS] [" }}
            {%- for tool in tools %}
                {%- set tool = tool.function %}
                {{- '{"type": "function", "function": {' }}
                {%- for key, val in tool.items() if key != "return" %}
                    {%- if val is string %}{{- '"' + key + '": "' + val + '"' }}{%- else %}{{- '"' + key + '": ' + val|tojson }}{%- endif %}
                    {%- if not loop.last %}{{- ", " }}{%- endif %}
                {%- endfor %}
                {{- "}}" }}{{- ", " if not loop.last else "]" }}
            {%- endfor %}
            {{- "[/TOOLS]" }}
        {%- endif %}
        {{- "[INST] " + message["content"] + "[/INST]" }}
    {%- elif message.tool_calls is defined and message.tool_calls is not none %}
        {{- "[CALLS] [" }}
        {%- for call in message.tool_calls %}
            {%- set out = call.function|tojson %}{{- out[:-1] }}
            {%- if not call.id is defined or call.id|length != 9 %}{{- raise_exception("Ids have 9 characters!") }}{%- endif %}
            {{- ', "id": "' + call.id + '"}' }}{{- ", " if not loop.last else "]" + eos_token }}
        {%- endfor %}
    {%- elif message["role"] == "assistant" %}{{- " " + message["content"]|trim + eos_token }}
    {%- endif %}
{%- endfor %}"""
T['turns-parts'] = """{{ bos_token }}{% for m in messages %}{{ '<turn>' ~ ('model' if m.role == 'assistant' else m.role) ~ '\\n' }}{% if m.content is string %}{{ m.content | trim }}{% else %}{% for part in m.content %}{% if part.type == 'image' %}<image>{% elif part['type'] == 'text' %}{{ part['text'] | trim }}{% endif %}{% endfor %}{% endif %}{{ '</turn>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<turn>model\\n' }}{% endif %}"""
T['namespace-flags'] = """{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{% set ns = namespace(is_first=false, is_tool=false, system='') %}{%- for message in messages %}{%- if message['role'] == 'system' %}{% set ns.system = message['content'] %}{%- endif %}{%- endfor %}{{bos_token}}{{ns.system}}{%- for message in messages %}{%- if message['role'] == 'user' %}{%- set ns.is_tool = false -%}{{'<|U|>' + message['content']}}{%- endif %}{%- if message['role'] == 'assistant' and 'tool_calls' in message %}{%- set ns.is_tool = false -%}{%- for tool in message['tool_calls']%}{%- if not ns.is_first %}{{'<|A|><|calls|>' + tool['type'] + '<|sep|>' + tool['function']['name'] + '\\n' + '```json' + '\\n' + tool['function']['arguments'] | tojson + '\\n' + '```'}}{%- set ns.is_first = true -%}{%- endif %}{%- endfor %}{%- endif %}{%- if message['role'] == 'assistant' and 'tool_calls' not in message %}{% set content = message['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}{{'<|A|>' + content + eos_token}}{%- endif %}{%- if message['role'] == 'tool' %}{%- set ns.is_tool = true -%}{{'<|out|>' + message['content']}}{%- endif %}{%- endfor -%}{% if add_generation_prompt and not ns.is_tool %}{{'<|A|><think>\\n'}}{% endif %}"""
T['macro-schema'] = """{%- macro kind(spec) -%}
    {%- if spec is not defined or spec.type is not defined %}any
    {%- elif spec.type is iterable and spec.type is not string -%}
        {%- for t in spec.type %}{{ kind({'type': t}) }}{% if not loop.last %} | {% endif %}{% endfor -%}
    {%- elif spec.type == 'array' -%}{{ kind(spec['items']) }}[]
    {%- elif spec.type == 'object' and spec.properties -%}{
        {%- for name, inner in spec.properties|dictsort %}{{ name }}{{ '?' if name not in spec.get('required', []) }}: {{ kind(inner) }}{% if 'default' in inner %} = {{ inner.default|tojson }}{% endif %}{{ ', ' if not loop.last }}{% endfor -%}}
    {%- else -%}{{ {'string': 'str', 'integer': 'int', 'number': 'float'}.get(spec.type, spec.type) }}
    {%- endif -%}
{%- endmacro -%}
{%- macro turn(role, text='', end='<end>') %}<{{ role|upper }}>{{ text }}{% if caller is defined and caller %}{{ caller() }}{% endif %}{{ end }}{% endmacro -%}
{%- for tool in tools or [] %}
{{ loop.index }}. {{ tool.function.name|title }}({{ kind(tool.function.parameters) }}) - {{ tool.function.description|replace('"', "'")|truncate(20, true) }}
{% endfor -%}
{%- for m in messages recursive %}
    {%- if m.content is string %}{{ turn(m.role, m.content|replace('\\n', ' ')|trim) }}
    {%- elif m.content %}{% call turn(m['role'], end='') %}{% for p in m.content %}{{ p.text|default('?') }}{% endfor %}{% endcall %}
    {%- else %}{{ turn(role=m.role) }}{% endif %}
    {%- for call in m.tool_calls or [] %}{% set args %}{% if call.function.arguments is mapping %}{% for k, v in call.function.arguments|items %}{{ k }}={{ v|string|indent(2) }};{% endfor %}{% else %}{{ call.function.arguments }}{% endif %}{% endset %}[{{ call.id[-3:] }} {{ args|length }} {{ args }}]{% endfor %}
{%- endfor %}
{%- if add_generation_prompt %}{{ turn('assistant', end='') }}{% endif -%}"""
T['generation-everywhere'] = """{%- macro say(m) %}{% generation %}{{ m.content|string|trim }}{% endgeneration %}{% endmacro -%}
{%- for m in messages if m.role != 'system' -%}
[{{ loop.index }}/{{ loop.length }}]
{%- if m.role == 'assistant' %}{% generation %}{{ m.content }}{% if loop.last %}{{ eos_token }}{% endif %}{% endgeneration %}
{%- else %}{{ m.content }}{% endif %}
{%- else %}nobody
{%- endfor %}
{% set copy %}{% for m in messages %}{% if m.role == 'assistant' %}{{ say(m) }}{% break %}{% elif loop.first %}{% continue %}{% endif %}{% endfor %}{% endset %}
{{ copy|length }}"""

WILD = "  Tabs\tand \"quotes\" 'single' <b>&amp;</b> back\\slash \\n {{ not }} {% if x %} {# c #}\n\n  éàü 日本語 😀👩‍👩‍👧  \u200bend  \n"
TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "The weather <b>& more</b> in a \"city\"; it's é 日本",
          "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer", "default": 3, "enum": [1, 3, 7]},
          "ratio": {"type": "number", "default": 0.5}, "tags": {"type": "array", "items": {"type": "object", "properties": {"k": {"type": "string"}}}}, "opt": {"type": ["string", "null"], "default": None}}, "required": ["city"]}}},
         {"type": "function", "function": {"name": "time", "description": "Time", "parameters": {"type": "object", "properties": {}}}}]
def call(arguments): return [{"id": "call00001", "type": "function", "function": {"name": "get_weather", "arguments": arguments}}]
def m(role, content, **more): return dict(role=role, content=content, **more)
ARGUMENTS = {"city": "Zürich <x>", "days": 3, "ratio": 1.0, "list": [1, "a", None, True], "o": {"k": "v"}}
C = {
 'plain': ([m('user', 'Hi'), m('assistant', 'Hello there')], {}),
 'plain_gen': ([m('user', 'Hi')], dict(add_generation_prompt=True)),
 'system_gen': ([m('system', 'You are terse.'), m('user', '2+2?')], dict(add_generation_prompt=True)),
 'multi': ([m('system', 'Terse.'), m('user', 'a'), m('assistant', 'b'), m('user', 'c'), m('assistant', ' d \n'), m('user', 'e'), m('assistant', 'f')], {}),
 'tools_gen': ([m('system', 'Sys'), m('user', 'Weather?')], dict(tools=TOOLS, add_generation_prompt=True)),
 'tool_calls': ([m('user', 'Weather?'), m('assistant', '', tool_calls=call(ARGUMENTS)), m('tool', '{"t": 3}', name='get_weather', tool_call_id='call00001'), m('assistant', '3 degrees')], dict(tools=TOOLS)),
 'tool_calls_text': ([m('user', 'Weather?'), m('assistant', None, tool_calls=call('{"city": "Zürich"}')), m('tool', '{"t": 3}', tool_call_id='call00001')], dict(tools=TOOLS, add_generation_prompt=True)),
 'special': ([m('system', WILD), m('user', WILD), m('assistant', WILD), m('user', 'x' + WILD)], dict(add_generation_prompt=True)),
 'empty': ([m('user', ''), m('assistant', '')], {}),
 'think': ([m('user', 'q'), m('assistant', '<think>\nhm\n</think>\n\nanswer'), m('user', 'r'), m('assistant', 'an', reasoning_content='because')], {}),
 'parts': ([m('system', [{"type": "text", "text": "sys"}]), m('user', [{"type": "text", "text": "one "}, {"type": "image"}, {"type": "text", "text": "two"}]), m('assistant', [{"type": "text", "text": "ans"}])], {}),
 'bad_roles': ([m('user', 'a'), m('user', 'b'), m('assistant', 'c')], {}),
 'no_messages': ([], {}),
 'nothink': ([m('user', 'q')], dict(enable_thinking=False, add_generation_prompt=True)),
}
cases = []
for name, template in T.items():
    compiled = _compile_jinja_template(template)
    for conversation, (messages, more) in C.items():
        ctx = dict(tools=None, documents=None, bos_token='<s>', eos_token='</s>', pad_token='<pad>', unk_token='<unk>', messages=messages, add_generation_prompt=False)
        ctx.update(more)
        case = dict(template=name, conv=conversation, ctx=ctx)
        try: case['out'], case['idx'] = _render_with_assistant_indices(compiled, **ctx)
        except Exception as x: case['err'] = type(x).__name__ + ': ' + str(x)[:150]
        cases.append(case)
json.dump(dict(rendered_on=datetime.now().strftime('%Y-%m-%d'), templates=T, cases=cases), open('templates.json', 'w'), ensure_ascii=False)
print(len(cases), sum('err' in c for c in cases))
