// What people choose first when they may choose, beside what protocol/pin-policy.ts finds by its rules. Thieves
// have the same lists.

/** Digits: patterns on the keypad, counting by twos, mirrored runs, constants. */
export const COMMON_DIGITS: ReadonlySet<string> = new Set([
  ...['007007', '100200', '101010', '102030', '123000', '123654', '123789', '123987', '124578', '131313'],
  ...['135791', '142536', '147258', '147852', '147896', '159357', '159753', '159951', '167349', '192837'],
  ...['235689', '246810', '258147', '258369', '258456', '258852', '291029', '314159', '321456', '321654'],
  ...['326598', '357159', '357951', '369258', '369852', '420420', '456123', '456852', '654123', '696969'],
  ...['741852', '741963', '753159', '753951', '784512', '789123', '789456', '789632', '852456', '852963'],
  ...['895623', '951357', '951753', '963258', '963852', '968574', '987321', '987456', '010203', '101112'],
  ...['112358', '271828', '141421', '102938', '290290', '112211', '223344', '332211', '998877', '134679'],
  ...['12345679', '14725836', '1472583690', '147258369', '123456789', '31415926', '314159265', '11235813'],
  ...['27182818', '24681012', '13579246', '10203040', '12341234', '98769876', '74108520', '7418529630'],
  ...['789456123', '123654789', '321654987', '147852369', '159753456', '12344321', '43211234'],
]);

/** Words, in lower case, that passphrases are made of which are guessed at once. */
export const COMMON_WORDS: ReadonlySet<string> = new Set([
  ...['password', 'passwort', 'passwd', 'passphrase', 'passcode', 'pincode', 'secret', 'geheim', 'letmein'],
  ...['welcome', 'hello', 'login', 'admin', 'administrator', 'access', 'master', 'changeme', 'default'],
  ...['iloveyou', 'loveyou', 'ilove', 'lovely', 'sunshine', 'princess', 'football', 'baseball', 'cricket'],
  ...['superman', 'batman', 'starwars', 'pokemon', 'dragon', 'monkey', 'shadow', 'michael', 'jennifer'],
  ...['michelle', 'computer', 'internet', 'whatever', 'trustnoone', 'trustno', 'freedom', 'jesus', 'krishna'],
  ...['ganesh', 'india', 'mumbai', 'summer', 'winter', 'spring', 'autumn', 'monday', 'friday', 'holiday'],
  ...['qwerty', 'qwertyui', 'qwertyuiop', 'qwertz', 'azerty', 'asdf', 'asdfgh', 'asdfghjk', 'asdfghjkl'],
  ...['zxcvbn', 'zxcvbnm', 'yxcvbnm', 'qazwsx', 'qazwsxedc', 'qweasd', 'qweasdzxc', 'asdfasdf', 'qweqwe'],
  ...['abc', 'abcd', 'abcabc', 'xxx', 'test', 'testtest', 'cardea', 'hospital', 'clinic', 'doctor', 'health'],
  ...['healthcard', 'patient', 'card', 'mycard', 'mypin', 'mypassword', 'nopassword', 'thepassword'],
  ...['correcthorsebatterystaple', 'opensesame', 'blink', 'charlie', 'babygirl', 'chocolate', 'butterfly'],
]);

/** What passphrases are typed as in keyboards' own order. */
export const KEYBOARD_ROWS: readonly string[] = [
  'qwertyuiop',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'qsdfghjklm',
  'zxcvbnm',
  'yxcvbnm',
  'abcdefghijklmnopqrstuvwxyz',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
  '1q2w3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
  'zaq12wsxcde34rfvbgt5',
];
