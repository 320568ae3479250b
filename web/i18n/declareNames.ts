export const declare = {
  calendars: ['日历', 'Calendars'],
  clocks: ['时限', 'Time limits'],
  rules: ['规则', 'Rules'],
  duties: ['例行任务', 'Duties'],
  notices: ['通知模板', 'Notice templates'],
  queues: ['排队派单', 'Queues'],
  approvals: ['审批流程', 'Approvals'],
  standards: ['问题标准', 'Problem standards'],
  outgoing: ['外发消息', 'Outgoing'],
  due: ['待办队列', 'Due work'],
  mail: ['邮件与接口', 'Mail and hooks'],
} as const;
