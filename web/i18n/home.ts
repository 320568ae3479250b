export const home = {
  no_places: ['您的账号还没有角色', 'Your account has no role yet'],
  no_places_about: ['请系统管理员给您分配角色，之后这里会出现您的工作区。', 'Ask an administrator to give you one; your places will then appear here.'],
  lost: ['没有这个页面', 'There is no such page'],
  lost_about: ['链接可能已经过期，或者地址输错了。', 'The link may be old, or the address mistyped.'],
} as const;
