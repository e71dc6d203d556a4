/** Cards that renderers stumble over: another script, very long names, and text that means harm. */
import type { Button, Card } from '../../../bot/chat/card.ts';

export const DIGEST = '7d1f0c2b9ae84563b1a6f0d2c49e7788aa51e3c6d0f94b7f8b2c1d3e4f5a6b7c';

export function button(
  verb: Button['verb'],
  label: string,
  style: Button['style'],
  more: Partial<Button> = {},
): Button {
  return { verb, label, style, confirm: null, input: null, ...more };
}

export const chinese: Card = {
  tone: 'good',
  title: '请求 16:虚拟机 网站-测试-01 已启动',
  blocks: [
    {
      kind: 'fields',
      fields: [
        { name: '所有者', value: '王小明' },
        { name: '地址', value: '192.168.122.48' },
      ],
    },
    {
      kind: 'table',
      columns: ['项目', '之前', '之后'],
      rows: [
        ['状态', '已关机', '正在运行'],
        ['内存', '1 GiB', '2 GiB'],
      ],
    },
  ],
  buttons: [],
  operation: { request: 16, digest: DIGEST },
};

export const long: Card = {
  tone: 'waiting',
  title: `Request 17: resize ${'customer-facing-reporting-and-billing-'.repeat(3)}01 waits for approval`,
  blocks: [
    {
      kind: 'table',
      columns: ['What', 'Before', 'After'],
      rows: [[`domain/${'customer-facing-reporting-and-billing-'.repeat(3)}01/memoryMiB`, '2048', '65536']],
    },
    { kind: 'code', text: `virsh setmem ${'customer-facing-reporting-and-billing-'.repeat(3)}01 64GiB --config` },
    { kind: 'text', text: 'x'.repeat(300) },
  ],
  buttons: [button('approve', 'Approve', 'primary'), button('reject', 'Reject', 'danger')],
  operation: { request: 17, digest: DIGEST },
};

/** Text that would do harm if any renderer read it as more than text. */
export const HOSTILE = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> & "q" 'q' \u001b[31mred\u001b[0m \u202egnp.exe @everyone <!channel> [a](javascript:1)`;

export const hostile: Card = {
  tone: 'info',
  title: HOSTILE,
  blocks: [
    { kind: 'text', text: HOSTILE },
    { kind: 'fields', fields: [{ name: HOSTILE, value: HOSTILE }] },
    { kind: 'list', items: [HOSTILE] },
    { kind: 'table', columns: [HOSTILE], rows: [[HOSTILE]] },
    { kind: 'code', text: HOSTILE },
    { kind: 'steps', steps: [{ title: HOSTILE, status: 'running', detail: HOSTILE }] },
  ],
  buttons: [button('approve', HOSTILE, 'primary', { confirm: HOSTILE, input: { label: HOSTILE, required: false } })],
  operation: { request: 18, digest: DIGEST },
};
