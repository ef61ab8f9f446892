import base from '/work/main/playwright.config.ts';
export default { ...base, testDir:'/work/main/e2e', reporter:[['list']], outputDir:'/tmp/pwout', use:{...base.use, baseURL:'http://127.0.0.1:4774/'}, webServer:{command:'npx --no-install vite preview --outDir /tmp/dist-e2e --host 127.0.0.1 --port 4774 --strictPort', cwd:'/work/main', url:'http://127.0.0.1:4774/', reuseExistingServer:true} };
