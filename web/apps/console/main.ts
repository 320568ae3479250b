import { createPinia } from 'pinia';
import { createApp } from 'vue';
import '@/ui/base.css';
import App from './App.vue';
import { router } from './router';
import './shell/theme';

createApp(App).use(createPinia()).use(router).mount('#app');
